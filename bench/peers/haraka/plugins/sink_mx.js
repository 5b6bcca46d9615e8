// Takes every client and recipient and sends everything to one next hop: the port in SINK_PORT.
// There is no DNS here.
exports.hook_lookup_rdns = (next) => next(OK, 'source.example')

exports.hook_rcpt = (next, connection) => {
  connection.relaying = true
  next(OK)
}

exports.hook_get_mx = (next) => {
  next(OK, { priority: 0, exchange: '127.0.0.1', port: Number(process.env.SINK_PORT) })
}
