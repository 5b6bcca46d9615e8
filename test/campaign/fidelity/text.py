"""The text in a JSON, XML, HTML or mail file, as Python's own readers see it."""
import email, email.policy, html.parser, json, sys, xml.etree.ElementTree

name = sys.argv[1]
data = open(name, 'rb').read()
if name.endswith('.json'): print(json.dumps(json.loads(data.decode('utf-8-sig')), ensure_ascii=False))
elif name.endswith('.xml'): print(''.join(xml.etree.ElementTree.fromstring(data).itertext()))
elif name.endswith('.eml'):
    mail = email.message_from_bytes(data, policy=email.policy.default)
    print(mail['Subject'], mail.get_body(('plain',)).get_content(), *(part.get_filename() for part in mail.iter_attachments()))
else:
    class Reader(html.parser.HTMLParser):
        def handle_data(self, text): print(text, end='')
    Reader().feed(data.decode('utf-8-sig'))
