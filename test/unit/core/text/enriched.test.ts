import { expect, test } from 'vitest'
import { enrichedToText } from '../../../../core/text/enriched.ts'
import { expectLinear } from '../../../support/linear.ts'

test.each([
  ['<bold>Bold</bold> and <color><param>red</param>red</color> text', 'Bold and red text'],
  ['a << b', 'a < b'],
  ['one\r\nline\r\n\r\nnext', 'one line\nnext'],
  ['<nofill>one\r\ntwo</nofill>', 'one\ntwo'],
  ['<param>never closed', 'never closed'],
  ['3 < 4 > 2', '3 < 4 > 2'],
  ['', ''],
])('%j reads %j', (source, want) => expect(enrichedToText(source)).toBe(want))

test('hostile commands cost linear time', () => expectLinear(n => '<param><x'.repeat(n), enrichedToText, 200_000))
