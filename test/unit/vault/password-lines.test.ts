import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectLinear } from '../../support/linear.ts'
import { passwordsIn } from '../../../vault/password-lines.ts'

const first = (text: string) => passwordsIn(text)[0]?.candidate

describe('the line with the password is found', () => {
  test.for<[string, string]>([
    ['解凍パスワード：Abc#1234', 'Abc#1234'],
    ['パスワード: himitsu', 'himitsu'],
    ['ＰＷ：ａｂｃ１２３', 'abc123'],
    ['ﾊﾟｽﾜｰﾄﾞは【Xy9!kk】です。', 'Xy9!kk'],
    ['PW: 8aPz-22', '8aPz-22'],
    ['添付ファイルのパスワードは「town2026」になります', 'town2026'],
    ['展開用パスワードは以下のとおりです。\n\n　Kaigi-0401\n\nよろしくお願いします。', 'Kaigi-0401'],
    ['パスワードをお送りします。\n----\nパスワード　→　zx81QL\n----', 'zx81QL'],
    ['Password for the attached zip file: s3cr3t!', 's3cr3t!'],
    ['パスワード（資料.zip）：abc-9900', 'abc-9900'],
    ['password is Open-Sesame', 'Open-Sesame'],
    ['■PASS：2026abcd', '2026abcd'],
    ['暗証番号：4821', '4821'],
    ['(パスワード:qwer5678)', 'qwer5678'],
  ])('%s', ([text, wanted]) => expect(first(text)).toBe(wanted))
})

describe('what is no password is not offered', () => {
  test.for([
    '添付ファイルのパスワードは後ほどお送りします。',
    'パスワードは別のメールでお知らせします。\nよろしくお願いいたします。',
    'パスワード変更はこちら: https://example.com/reset',
    'パスワードについて: soumu@town.example.jp',
    '会議は10時からです。',
    'パスワード：',
    'compass: north-west',
    'パスポートの写しを送ります: abc123',
  ])('%s', text => expect(passwordsIn(text)).toEqual([]))
})

test('what is about a file comes before what is about an account', () => {
  const text = 'ログインのパスワード：account9\n\n\n\n\n\n資料.zip の解凍パスワード：File#77ab'
  expect(passwordsIn(text).map(({ candidate }) => candidate)).toEqual(['File#77ab', 'account9'])
})

test('whatever the text, few candidates come, each printable and short', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('パスワード', ':', '：', 'は', '\n', ' ', 'abc1', '「', '」', 'です', 'PW', 'zip'), { maxLength: 60 }), words => {
      const found = passwordsIn(words.join(''))
      return found.length <= 20 && found.every(({ candidate }) => /^[\x21-\x7e]{4,64}$/.test(candidate))
    }),
  )
})

test('time grows with the text', () => expectLinear(size => 'パスワード：は：は：「「 \n'.repeat(size), passwordsIn, 3_000))
