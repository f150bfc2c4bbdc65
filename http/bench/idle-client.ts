/** Opens connections and does nothing with them: `bun idle-client.ts /socket|/events <port> <count>`. Says when all are open. */
const [path = '/events', port = '0', count = '0'] = process.argv.slice(2)
const upgrade =
  'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const request = `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${path === '/socket' ? upgrade : ''}\r\n`
const wanted = path === '/socket' ? ' 101 ' : ' 200 '

let left = Number(count)
const open = async (): Promise<void> => {
  while (left-- > 0) {
    const answered = Promise.withResolvers<void>()
    await Bun.connect({
      hostname: '127.0.0.1',
      port: Number(port),
      socket: {
        open: (socket) => void socket.write(request),
        data: (_, data) =>
          data.toString('latin1').includes(wanted) ? answered.resolve() : answered.reject(new Error(String(data))),
        close: () => answered.reject(new Error('closed by the server')),
      },
    })
    await answered.promise
  }
}
await Promise.all(Array.from({ length: 50 }, open))
console.log('open')
