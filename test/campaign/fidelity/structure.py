"""Counts what an office file is made of, by its parts. Usage: structure.py FILE… — one JSON object per line."""
import json, re, sys, zipfile

WHAT = {
    'tables': r'<(?:w:tbl|a:tbl|table:table)[ >]', 'merged cells': r'<(?:w:gridSpan|w:vMerge|mergeCell)[ />]|table:number-columns-spanned="[2-9]',
    'input rules': r'<(?:dataValidation|table:content-validation)[ >]', 'print areas': r'_xlnm\.Print_Area|table:print-ranges=',
    'hidden sheets': r'<sheet [^>]*state="hidden"|table:display="false"', 'conditional formats': r'<(?:cfRule|calcext:condition|calcext:color-scale)[ >]',
    'sheet protection': r'<sheetProtection ', 'formulas': r'<f[ >]|table:formula=', 'phonetic guides': r'<(?:w:ruby|text:ruby)[ >]',
    'notes': r'<(?:w:footnoteReference|text:note)[ />]', 'links': r'<(?:w:hyperlink|text:a)[ >]', 'pictures': r'<(?:pic:pic|xdr:pic|p:pic|draw:image)[ >]',
    'shapes': r'<(?:p:sp|wps:wsp|draw:rect|draw:ellipse|draw:custom-shape|draw:text-box)[ />]', 'charts': r'<c:chart ', 'slides': r'<(?:p:sldId|draw:page)[ >]',
    'styles': r'<(?:w:style|style:style|xf)[ >]', 'lists': r'<(?:w:numPr|text:list)[ >]', 'headings': r'<text:h[ >]|w:val="Heading|outlineLvl',
}
PATTERNS = {name: re.compile(pattern) for name, pattern in WHAT.items()}
for file in sys.argv[1:]:
    counts = dict.fromkeys(WHAT, 0)
    try:
        package = zipfile.ZipFile(file)
        for part in package.namelist():
            if part.endswith('.xml') and not part.startswith('docProps'):
                text = package.read(part).decode('utf-8', 'replace')
                for name, pattern in PATTERNS.items(): counts[name] += len(pattern.findall(text))
    except Exception as error: counts = {'error': str(error)}
    print(json.dumps({'file': file, 'counts': counts}))
