import { describe, expect, test } from 'vitest'
import { htmlToText } from '../../../../core/text/html.ts'

const convert = (html: string) => htmlToText(html, { links: 'keep', language: 'ja', maxChars: 100_000 })

describe('text nobody would see is left out and counted', () => {
  test.each([
    ['display:none', '<div style="display:none">x</div>'],
    ['display:none, important and spaced', '<div style=" DISPLAY : None !IMPORTANT ">x</div>'],
    ['display:none behind a CSS escape', '<div style="d\\69splay:none">x</div>'],
    ['display:none behind a CSS comment', '<div style="/*;*/display:none">x</div>'],
    ['visibility:hidden', '<div style="visibility:hidden">x</div>'],
    ['opacity', '<div style="opacity:0">x</div>'],
    ['tiny type', '<span style="font-size:1px">x</span>'],
    ['no type', '<span style="font-size:0">x</span>'],
    ['tiny type by factors', '<div style="font-size:.1em"><span style="font-size:50%">x</span></div>'],
    ['tiny type by shorthand', '<span style="font:0/0 a">x</span>'],
    ['colour of the page', '<font color="#ffffff">x</font>'],
    ['colour nearly of the page', '<span style="color:#fefefe">x</span>'],
    ['colour of its own background', '<td bgcolor="#003366"><span style="color:rgb(0, 51, 102)">x</span></td>'.replaceAll('td', 'div').replace('bgcolor="#003366"', 'style="background:#036"')],
    ['colour of the cell', '<table bgcolor=navy><tr><td><font color=navy>x</font></table>'],
    ['transparent', '<span style="color:rgba(0,0,0,0)">x</span>'],
    ['off the screen', '<div style="position:absolute;left:-9999px">x</div>'],
    ['indented away', '<div style="text-indent:-9999px">x</div>'],
    ['no height', '<div style="max-height:0;overflow:hidden">x</div>'],
    ['one pixel high', '<div style="height:1px;overflow:hidden">x</div>'],
    ['clipped', '<div style="position:absolute;clip:rect(0, 0, 0, 0)">x</div>'],
    ['clipped by path', '<div style="clip-path:inset(50%)">x</div>'],
    ['scaled to nothing', '<div style="transform:scale(0)">x</div>'],
    ['hidden', '<div hidden>x</div>'],
    ['hidden by Word', '<p style="display:none;mso-hide:all">x</p>'],
    ['a class', '<style>.p{display:none}</style><div class="a p">x</div>'],
    ['a compound selector', '<style>div.p{display:none}</style><div class=p>x</div>'],
    ['an id', '<style>#p{font-size:0}</style><div id=p>x</div>'],
    ['a tag, in a plain @media', '<style>@media screen { u {display:none} }</style><u>x</u>'],
    ['the cascade', '<style>#p{display:none!important}</style><div id=p style="display:block">x</div>'],
    ['a closed dialog', '<dialog>x</dialog>'],
  ])('%s', (_name, html) => {
    expect(convert(`a${html}`)).toMatchObject({ text: 'a', hiddenCount: 1, findings: [{ code: 'html.hidden', detail: '1' }] })
  })
})

describe('text somebody would see stays', () => {
  test.each([
    ['normal type inside no type, as newsletters are built', '<div style="font-size:0"><span style="font-size:14px">x</span></div>'],
    ['visible inside hidden', '<div style="visibility:hidden"><span style="visibility:visible">x</span></div>'],
    ['white on a dark cell', '<table bgcolor="#003366"><tr><td><font color=white>x</font></table>'],
    ['white on a picture', '<div style="background-image:url(b.png)"><font color=white>x</font></div>'],
    ['white where a rule we cannot follow paints', '<style>td > .hero{background:#036}</style><font color=white>x</font>'],
    ['hidden only on small screens', '<style>@media (max-width:600px){.p{display:none}}</style><p class=p>x'],
    ['hidden only in states we cannot know', '<style>.p:hover{display:none}</style><p class=p>x'],
    ['mso-hide alone', '<p style="mso-hide:all">x'],
    ['fixed height without overflow', '<div style="height:1px">x</div>'],
    ['a rule that loses the cascade', '<style>p{display:none}.s{display:block}</style><p class=s>x'],
    ['a class whose name only begins alike', '<style>.p{display:none}</style><p class=pp>x'],
    ['an open dialog', '<dialog open>x</dialog>'],
    ['a colour nobody knows', '<span style="color:var(--x)">x</span>'],
  ])('%s', (_name, html) => {
    expect(convert(html)).toMatchObject({ text: 'x', hiddenCount: 0 })
  })
  test('hidden white space is not counted', () => {
    expect(convert('a<div style="display:none">&nbsp;&zwnj;&#8203; </div>')).toMatchObject({ text: 'a', hiddenCount: 0 })
  })
})
