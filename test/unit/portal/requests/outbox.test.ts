import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StaffMail } from '../../../../portal/ports.ts'
import { Outbox } from '../../../../portal/requests/outbox.ts'
import { type Town, town } from '../../../support/requests.ts'

let here: Town
beforeEach(async () => {
  here = await town()
})
afterEach(() => here.close())

test('what is written down while a run is on its way goes out with it', async () => {
  const sent: string[] = []
  const outbox: Outbox = new Outbox(here.db, {
    notify: async ({ key }: StaffMail) => {
      sent.push(key)
      if (key === 'one') {
        outbox.add({ key: 'two', tenant: 'default', to: 'a@town.example.jp', subject: '', text: '' })
        void outbox.send()
      }
      return { kind: 'queued', queueId: key }
    },
  })
  outbox.add({ key: 'one', tenant: 'default', to: 'a@town.example.jp', subject: '', text: '' })
  expect(await outbox.send()).toBe(2)
  expect(sent).toEqual(['one', 'two'])
})
