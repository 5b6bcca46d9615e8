/**
 * Sequences that one server or another has taken for the end of data (SMTP smuggling): those of the public tools and of
 * the advisories of Postfix, Sendmail, Exim and aiosmtpd, and some more. None of them is CRLF.CRLF.
 */
export const SMUGGLING = [
  '\n.\n', '\n.\r', '\r.\n', '\r.\r', '\n.\r\n', '\r.\r\n', '\r\n\0.\r\n', '\r\n.\n', '\r\n.\r', '\r\n.\0\r\n', '\r\n.\r\r\n',
  '\r\r\n.\r\r\n', '\r\n..\n', '\n\n.\n\n', '\r\r.\r\r', '\r\n\r.\r\n', '\r\n.\n\r\n', '\r\n\n.\r\n', '\n..\r\n', '\n...\r\n', '\r\n..\r\n',
] as const
