"""Good files as office people have them, by many programs. Usage: make.py FOLDER SEED

Writes Word, Excel, PDF, mail, calendar, address and text files by Python's libraries, and flat OpenDocument sources from which
LibreOffice makes the other kinds (see run.ts). Equal seeds give equal contents.
"""
import csv, io, json, os, random, sys
import email.message, email.policy
from xml.sax.saxutils import escape

folder, seed = sys.argv[1], int(sys.argv[2])
dice = random.Random(seed)
WORDS = '予算 議会 住民 申請 税務 庁舎 条例 道路 水道 防災 福祉 学校 図書館 選挙 会計 契約 監査 委員会 令和八年度 計画 報告 資料 別紙 様式 担当 部長 課長 髙橋 﨑山 ①号 ㈱東西 〒100-0001 Report data plan Budget 2026 100% A4'.split()

def words(least, most):
    return ''.join(dice.choice(WORDS) for _ in range(dice.randint(least, most)))

def sentence():
    return words(3, 12) + 'について、' + words(2, 8) + 'を' + words(1, 4) + 'する。'

def path(name):
    where = os.path.join(folder, name)
    os.makedirs(os.path.dirname(where), exist_ok=True)
    return where

def write(name, text, encoding='utf-8'):
    with open(path(name), 'w', encoding=encoding, newline='', errors='replace') as file: file.write(text)

def picture(name):
    from PIL import Image, ImageDraw
    image = Image.new('RGB', (160, 100), (dice.randrange(256), dice.randrange(256), 200))
    draw = ImageDraw.Draw(image)
    for _ in range(8): draw.ellipse([dice.randrange(100), dice.randrange(60), 100 + dice.randrange(60), 60 + dice.randrange(40)], outline=(dice.randrange(256), 0, 0))
    image.save(path(name))
    return path(name)

# python-docx

def docx_files(count):
    import docx
    from docx.shared import Cm, RGBColor
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    for number in range(count):
        document = docx.Document()
        document.sections[0].header.paragraphs[0].text = words(2, 5)
        document.sections[0].footer.paragraphs[0].text = 'ページ ' + str(number)
        document.add_heading(words(3, 6), 0)
        for _ in range(dice.randint(2, 6)):
            document.add_heading(words(2, 5), dice.randint(1, 3))
            for _ in range(dice.randint(1, 4)):
                paragraph = document.add_paragraph(style=dice.choice(['Normal', 'List Bullet', 'List Number', 'Quote', 'Body Text']))
                for _ in range(dice.randint(1, 4)):
                    run = paragraph.add_run(sentence())
                    run.bold, run.italic, run.underline = dice.random() < .2, dice.random() < .1, dice.random() < .1
                    run.font.name = dice.choice(['IPAMincho', 'Noto Sans CJK JP', 'MS Mincho'])
                    if dice.random() < .2: run.font.color.rgb = RGBColor(200, 0, 0)
            if dice.random() < .6:
                table = document.add_table(dice.randint(3, 6), dice.randint(3, 5), style='Table Grid')
                for row in table.rows:
                    for cell in row.cells: cell.text = words(1, 3)
                table.cell(0, 0).merge(table.cell(0, 1))
                table.cell(1, 0).merge(table.cell(2, 0))
            if dice.random() < .4: document.add_picture(picture('tmp/p.png'), width=Cm(4))
            if dice.random() < .5:
                run = document.add_paragraph().add_run()
                ruby = OxmlElement('w:ruby')
                for tag, text in (('w:rt', 'ひらがな'), ('w:rubyBase', words(1, 1))):
                    part, inner, t = OxmlElement(tag), OxmlElement('w:r'), OxmlElement('w:t')
                    t.text = text; inner.append(t); part.append(inner); ruby.append(part)
                properties = OxmlElement('w:rubyPr')
                for tag, value in (('w:rubyAlign', 'distributeSpace'), ('w:hps', '10'), ('w:hpsRaise', '18'), ('w:hpsBaseText', '21'), ('w:lid', 'ja-JP')):
                    element = OxmlElement(tag); element.set(qn('w:val'), value); properties.append(element)
                ruby.insert(0, properties); run._r.append(ruby)
        if dice.random() < .3: document.add_page_break(); document.add_paragraph(sentence())
        document.save(path(f'python-docx/word-{number}.docx'))

# openpyxl, XlsxWriter

def xlsx_files(count):
    import openpyxl
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.formatting.rule import CellIsRule, ColorScaleRule
    for number in range(count):
        book = openpyxl.Workbook()
        for index in range(dice.randint(1, 3)):
            sheet = book.active if index == 0 else book.create_sheet(words(1, 2)[:20].replace('/', '') + str(index))
            for row in range(1, dice.randint(8, 30)):
                for column in range(1, 9):
                    cell = sheet.cell(row, column)
                    cell.value = dice.choice([words(1, 2), dice.randint(1, 99999), dice.random() * 1000, f'=SUM(A{row}:C{row})', f'=IF(B{row}>10,"可","否")'])
                    if isinstance(cell.value, float): cell.number_format = dice.choice(['#,##0.00', '0%', '"¥"#,##0'])
                    if dice.random() < .2: cell.font, cell.fill = Font(name='IPAMincho', bold=True, color='FF0000'), PatternFill('solid', fgColor='FFFF99')
                    if dice.random() < .2: cell.border, cell.alignment = Border(*[Side('thin')] * 4), Alignment(wrap_text=True, horizontal='center')
            sheet.merge_cells('A1:C1'); sheet.merge_cells('E3:F5')
            validation = DataValidation(type='list', formula1='"はい,いいえ"', allow_blank=True)
            sheet.add_data_validation(validation); validation.add('H1:H10')
            sheet.conditional_formatting.add('B1:B20', CellIsRule(operator='greaterThan', formula=['100'], fill=PatternFill('solid', bgColor='FF9999')))
            sheet.conditional_formatting.add('C1:C20', ColorScaleRule(start_type='min', start_color='FFFFFF', end_type='max', end_color='00FF00'))
            sheet.print_area = 'A1:H25'; sheet.print_title_rows = '1:1'; sheet.freeze_panes = 'B2'
            sheet.column_dimensions['A'].width = 24; sheet.row_dimensions[1].height = 30
            sheet.oddHeader.center.text = words(1, 3)
            if index == 1: sheet.sheet_state = 'hidden'
            if dice.random() < .4: sheet.protection.sheet = True
            if dice.random() < .5: sheet.auto_filter.ref = 'A2:H20'
        book.save(path(f'openpyxl/book-{number}.xlsx'))

def xlsxwriter_files(count):
    import xlsxwriter
    for number in range(count):
        book = xlsxwriter.Workbook(path(f'xlsxwriter/table-{number}.xlsx'))
        sheet = book.add_worksheet('集計')
        bold, yen = book.add_format({'bold': True, 'bg_color': '#C6EFCE', 'border': 1}), book.add_format({'num_format': '¥#,##0'})
        rows = dice.randint(5, 20)
        for column, title in enumerate(['区分', '件数', '金額']): sheet.write(0, column, title, bold)
        for row in range(1, rows):
            sheet.write(row, 0, words(1, 2)); sheet.write(row, 1, dice.randint(1, 100)); sheet.write(row, 2, dice.randint(100, 99999), yen)
        sheet.write_formula(rows, 2, f'=SUM(C2:C{rows})', yen, 0)
        sheet.merge_range(rows + 2, 0, rows + 3, 2, sentence(), bold)
        sheet.data_validation(1, 1, rows, 1, {'validate': 'integer', 'criteria': 'between', 'minimum': 0, 'maximum': 100})
        sheet.set_column(0, 0, 20); sheet.print_area(0, 0, rows + 4, 6); sheet.set_landscape(); sheet.fit_to_pages(1, 0)
        sheet.write_rich_string(rows + 5, 0, '注 ', bold, words(1, 2), ' 以上')
        if dice.random() < .6:
            chart = book.add_chart({'type': dice.choice(['column', 'line', 'pie', 'bar'])})
            chart.add_series({'name': '件数', 'categories': f'=集計!$A$2:$A${rows}', 'values': f'=集計!$B$2:$B${rows}'})
            sheet.insert_chart('E2', chart)
        if dice.random() < .4: sheet.insert_image('E20', picture(f'tmp/x{number}.png'))
        hidden = book.add_worksheet('作業用'); hidden.write(0, 0, words(2, 4)); hidden.hide()
        book.close()

# Flat OpenDocument for LibreOffice

FLAT = '''<?xml version="1.0" encoding="UTF-8"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.%s">%s<office:body><office:%s>%s</office:%s></office:body></office:document>'''
FONTS = '<office:font-face-decls><style:font-face style:name="IPAMincho" svg:font-family="IPAMincho"/><style:font-face style:name="Noto Sans CJK JP" svg:font-family="\'Noto Sans CJK JP\'"/></office:font-face-decls>'

def flat(kind, styles, body):
    return FLAT % (kind, FONTS + styles, kind, body, kind)

def inline():
    import base64
    with open(picture('tmp/i.png'), 'rb') as file: data = base64.b64encode(file.read()).decode()
    return f'<draw:image><office:binary-data>{data}</office:binary-data></draw:image>'

def text_sources(count):
    styles = '''<office:styles><style:style style:name="Standard" style:family="paragraph"><style:text-properties style:font-name="IPAMincho" style:font-name-asian="IPAMincho" fo:font-size="10.5pt" fo:language="ja" fo:country="JP" style:language-asian="ja" style:country-asian="JP"/></style:style></office:styles><office:automatic-styles><style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold" style:font-weight-asian="bold" fo:color="#c00000" style:text-underline-style="solid"/></style:style><style:style style:name="C" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties fo:text-align="center" fo:background-color="#eeeeff"/></style:style><style:style style:name="R" style:family="ruby"><style:ruby-properties style:ruby-align="center"/></style:style><style:style style:name="T" style:family="table-cell"><style:table-cell-properties fo:border="0.5pt solid #000000" fo:padding="0.1cm"/></style:style><style:page-layout style:name="L"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm" fo:margin="2cm"/><style:header-style/><style:footer-style/></style:page-layout></office:automatic-styles><office:master-styles><style:master-page style:name="Standard" style:page-layout-name="L"><style:header><text:p>%s</text:p></style:header><style:footer><text:p>- <text:page-number>1</text:page-number> -</text:p></style:footer></style:master-page></office:master-styles>'''
    for number in range(count):
        body = []
        for section in range(dice.randint(2, 5)):
            body.append(f'<text:h text:outline-level="{dice.randint(1, 3)}"><text:bookmark text:name="b{section}"/>{escape(words(2, 5))}</text:h>')
            for _ in range(dice.randint(1, 4)):
                note = f'<text:note text:id="n{dice.randrange(10**9)}" text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>{escape(sentence())}</text:p></text:note-body></text:note>' if dice.random() < .4 else ''
                ruby = '<text:ruby text:style-name="R"><text:ruby-base>髙﨑</text:ruby-base><text:ruby-text>たかさき</text:ruby-text></text:ruby>' if dice.random() < .4 else ''
                link = '<text:a xlink:type="simple" xlink:href="https://www.town.example.jp/">町のページ</text:a>' if dice.random() < .3 else ''
                body.append(f'<text:p text:style-name="{dice.choice(["Standard", "Standard", "C"])}">{escape(sentence())}<text:span text:style-name="B">{escape(words(1, 3))}</text:span>{note}{ruby}{link}<text:tab/>{escape(sentence())}</text:p>')
            if dice.random() < .6: body.append('<text:list>' + ''.join(f'<text:list-item><text:p>{escape(words(2, 5))}</text:p></text:list-item>' for _ in range(3)) + '</text:list>')
            if dice.random() < .7:
                cell = lambda more='': f'<table:table-cell table:style-name="T"{more}><text:p>{escape(words(1, 2))}</text:p></table:table-cell>'
                body.append(f'<table:table table:name="t{section}"><table:table-column table:number-columns-repeated="4"/><table:table-row>' + cell(' table:number-columns-spanned="2"') + '<table:covered-table-cell/>' + cell() + cell() + '</table:table-row>' + ''.join('<table:table-row>' + cell() * 1 + cell() + cell() + cell() + '</table:table-row>' for _ in range(3)) + '</table:table>')
            if dice.random() < .4: body.append(f'<text:p><draw:frame text:anchor-type="as-char" svg:width="4cm" svg:height="2.5cm">{inline()}</draw:frame></text:p>')
        write(f'flat/text-{number}.fodt', flat('text', styles % escape(words(2, 4)), ''.join(body)))

def sheet_sources(count):
    styles = '''<office:automatic-styles><number:currency-style style:name="N1"><number:currency-symbol>￥</number:currency-symbol><number:number number:decimal-places="0" number:min-integer-digits="1" number:grouping="true"/></number:currency-style><number:date-style style:name="N2"><number:year number:style="long"/><number:text>年</number:text><number:month/><number:text>月</number:text><number:day/><number:text>日</number:text></number:date-style><style:style style:name="Y" style:family="table-cell" style:data-style-name="N1"/><style:style style:name="D" style:family="table-cell" style:data-style-name="N2"/><style:style style:name="H" style:family="table-cell"><style:table-cell-properties fo:background-color="#ddeeff" fo:border="0.5pt solid #000000"/><style:text-properties fo:font-weight="bold" style:font-weight-asian="bold" style:font-name-asian="IPAMincho"/></style:style><style:style style:name="V" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles>'''
    for number in range(count):
        rows = ['<table:table-row><table:table-cell table:style-name="H" table:number-columns-spanned="3" table:number-rows-spanned="1" office:value-type="string"><text:p>' + escape(words(2, 4)) + '</text:p></table:table-cell><table:covered-table-cell table:number-columns-repeated="2"/></table:table-row>']
        for row in range(2, dice.randint(8, 25)):
            value, other = dice.randint(1, 9999), dice.randint(1, 99)
            rows.append(f'<table:table-row><table:table-cell office:value-type="string" table:content-validation-name="v1"><text:p>{escape(words(1, 2))}</text:p></table:table-cell><table:table-cell table:style-name="Y" office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="{other}"><text:p>{other}</text:p></table:table-cell><table:table-cell table:formula="of:=[.B{row}]*[.C{row}]" office:value-type="float" office:value="{value * other}"><text:p>{value * other}</text:p></table:table-cell><table:table-cell table:style-name="D" office:value-type="date" office:date-value="2026-04-{dice.randint(1, 28):02}"><text:p>x</text:p></table:table-cell></table:table-row>')
        validations = '<table:content-validations><table:content-validation table:name="v1" table:condition="of:cell-content-text-length()&lt;100" table:allow-empty-cell="true" table:base-cell-address="一覧.A2"/></table:content-validations>'
        body = validations + f'<table:table table:name="一覧" table:print-ranges="一覧.A1:一覧.E20"><table:table-column table:number-columns-repeated="5"/>{"".join(rows)}</table:table><table:table table:name="内部" table:style-name="V"><table:table-row><table:table-cell office:value-type="string"><text:p>{escape(words(1, 3))}</text:p></table:table-cell></table:table-row></table:table><table:named-expressions><table:named-range table:name="単価" table:base-cell-address="$一覧.$A$1" table:cell-range-address="$一覧.$B$2:.$B$5"/></table:named-expressions>'
        write(f'flat/sheet-{number}.fods', flat('spreadsheet', styles, body))

def slide_sources(count):
    styles = '<office:automatic-styles><style:page-layout style:name="L"><style:page-layout-properties fo:page-width="28cm" fo:page-height="21cm"/></style:page-layout><style:style style:name="G" style:family="graphic"><style:graphic-properties draw:fill="solid" draw:fill-color="#99ccff" draw:stroke="solid" svg:stroke-color="#003366"/></style:style><style:style style:name="P" style:family="paragraph"><style:text-properties fo:font-size="24pt" style:font-size-asian="24pt" style:font-name-asian="IPAMincho"/></style:style></office:automatic-styles><office:master-styles><style:master-page style:name="M" style:page-layout-name="L"/></office:master-styles>'
    for number in range(count):
        pages = []
        for page in range(dice.randint(2, 5)):
            shapes = ''
            for _ in range(dice.randint(1, 3)):
                kind = dice.choice(['rect', 'ellipse'])
                shapes += f'<draw:{kind} draw:style-name="G" svg:x="{dice.randint(1, 18)}cm" svg:y="{dice.randint(8, 15)}cm" svg:width="6cm" svg:height="3cm"><text:p>{escape(words(1, 2))}</text:p></draw:{kind}>'
            if dice.random() < .5: shapes += f'<draw:frame svg:x="18cm" svg:y="2cm" svg:width="6cm" svg:height="4cm">{inline()}</draw:frame>'
            pages.append(f'<draw:page draw:name="p{page}" draw:master-page-name="M"><draw:frame svg:x="1cm" svg:y="1cm" svg:width="16cm" svg:height="6cm"><draw:text-box><text:p text:style-name="P">{escape(words(2, 5))}</text:p><text:p text:style-name="P">{escape(words(2, 5))}</text:p></draw:text-box></draw:frame>{shapes}<presentation:notes><draw:frame svg:x="2cm" svg:y="14cm" svg:width="17cm" svg:height="10cm" presentation:class="notes"><draw:text-box><text:p>{escape(sentence())}</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>')
        write(f'flat/slides-{number}.fodp', flat('presentation', styles, ''.join(pages)))

# PDF, drawings

def pdf_files(count):
    from reportlab.pdfgen import canvas
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    import cairo
    pdfmetrics.registerFont(UnicodeCIDFont('HeiseiMin-W3'))
    for number in range(count):
        page = canvas.Canvas(path(f'reportlab/report-{number}.pdf'), pagesize=(595, 842))
        for _ in range(dice.randint(1, 6)):
            page.setFont('HeiseiMin-W3', 11)
            for line in range(dice.randint(10, 40)): page.drawString(50, 800 - 18 * line, sentence()[:45])
            page.drawImage(picture(f'tmp/r{number}.png'), 400, 50, 120, 80)
            page.linkURL('https://www.town.example.jp/', (50, 40, 200, 60)); page.bookmarkPage('p'); page.addOutlineEntry(words(1, 3), 'p')
            page.acroForm.checkbox(x=50, y=20, name=f'c{dice.randrange(10**6)}')
            page.showPage()
        page.save()
        for kind, surface in (('pdf', cairo.PDFSurface), ('svg', cairo.SVGSurface)):
            where = path(f'cairo/plan-{number}.{kind}')
            drawn = surface(where, 400, 300); pen = cairo.Context(drawn)
            pen.select_font_face('Noto Sans CJK JP'); pen.set_font_size(14)
            for _ in range(12):
                pen.set_source_rgba(dice.random(), dice.random(), dice.random(), .7)
                pen.rectangle(dice.randrange(300), dice.randrange(200), 80, 50); pen.fill()
                pen.set_source_rgb(0, 0, 0); pen.move_to(20, dice.randrange(20, 290)); pen.show_text(words(1, 4))
            drawn.finish()
        write(f'postscript/print-{number}.ps', '%!PS\n/Helvetica findfont 14 scalefont setfont\n' + ''.join(f'50 {780 - 20 * line} moveto (Line {line} of page, {dice.randrange(10**6)}) show\n' for line in range(30)) + '1 0 0 setrgbcolor 300 300 100 0 360 arc stroke\nshowpage\n')

# Text, mail, calendars

def text_files(count):
    import icalendar, datetime, vobject
    for number in range(count):
        write(f'text/memo-{number}.txt', '\r\n'.join(sentence() for _ in range(20)), dice.choice(['utf-8', 'cp932', 'euc_jp', 'iso2022_jp', 'utf-16']))
        write(f'text/readme-{number}.md', f'# {words(2, 4)}\n\n' + '\n'.join(f'- {sentence()}' for _ in range(8)))
        out = io.StringIO(); rows = csv.writer(out)
        for _ in range(20): rows.writerow([words(1, 2), dice.randint(-999, 999), dice.random(), words(1, 2) + ',"引用"', '-', '090-0000-0000'])
        write(f'text/list-{number}.csv', out.getvalue(), dice.choice(['utf-8-sig', 'cp932']))
        write(f'text/data-{number}.json', json.dumps([{'名': words(1, 3), '値': dice.random(), 'n': dice.randint(0, 9), 'l': [None, True]} for _ in range(20)], ensure_ascii=dice.random() < .5, indent=dice.choice([None, 2])))
        write(f'text/note-{number}.xml', '<?xml version="1.0" encoding="UTF-8"?><工事 xmlns:a="urn:a">' + ''.join(f'<a:項目 番号="{i}">{escape(sentence())}</a:項目>' for i in range(20)) + '</工事>')
        write(f'text/page-{number}.html', f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{words(2, 3)}</title></head><body><h1>{words(2, 4)}</h1>' + ''.join(f'<p>{escape(sentence())}<b>{words(1, 2)}</b></p>' for _ in range(10)) + '<table border="1">' + ''.join(f'<tr><td>{words(1, 2)}</td><td>{i}</td></tr>' for i in range(5)) + '</table></body></html>')
        calendar = icalendar.Calendar(); calendar.add('prodid', '-//x//'); calendar.add('version', '2.0')
        for event in range(10):
            entry = icalendar.Event(); entry.add('uid', f'{event}@x'); entry.add('dtstart', datetime.datetime(2026, 4, 1 + event, 9)); entry.add('summary', words(2, 5)); entry.add('description', sentence())
            calendar.add_component(entry)
        with open(path(f'text/plan-{number}.ics'), 'wb') as file: file.write(calendar.to_ical())
        card = vobject.vCard(); card.add('fn').value = words(1, 2); card.add('n').value = vobject.vcard.Name(family='山田', given='太郎'); card.add('note').value = sentence()
        write(f'text/card-{number}.vcf', card.serialize())
        mail = email.message.EmailMessage(policy=email.policy.SMTP)
        mail['From'], mail['To'], mail['Subject'] = '山田 <a@example.com>', 'b@town.example.jp', words(2, 5)
        mail.set_content('\n'.join(sentence() for _ in range(8)))
        mail.add_attachment(out.getvalue().encode(), maintype='text', subtype='csv', filename='一覧.csv')
        with open(path(f'text/mail-{number}.eml'), 'wb') as file: file.write(mail.as_bytes())

docx_files(30); xlsx_files(25); xlsxwriter_files(25)
text_sources(12); sheet_sources(12); slide_sources(8)
pdf_files(10); text_files(8)
