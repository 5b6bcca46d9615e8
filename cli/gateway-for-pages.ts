/** The gateway as pages ask it: a few questions at a time, and a gateway that is not there, or starting, is a page that says so. */
import { Refused } from '../portal/http/route.ts'
import { type ControlClient, controlClient } from './control-client.ts'
import { EXIT, Failure } from './exit.ts'
import { fewAtOnce } from './few-at-once.ts'

/** Of the questions of all who look; a list has one, a page of a mail two or three, a dashboard seven. */
const AT_ONCE = 4

export function gatewayForPages(controlSocket: string): ControlClient {
  const client = controlClient(controlSocket, fewAtOnce(AT_ONCE))
  const rethrow = (error: unknown): never => {
    throw error instanceof Failure && error.exitCode === EXIT.unavailable ? new Refused('unavailable') : error
  }
  return { call: (method, params) => client.call(method, params).catch(rethrow), stream: (method, params) => client.stream(method, params).catch(rethrow) }
}
