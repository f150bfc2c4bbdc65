import { describe, expect, test } from 'bun:test'
import { clientAddress } from './client-address.ts'

const ask = (trusted: readonly string[], peer: string, forwarded?: string) =>
  clientAddress(trusted)(
    new Request('http://a/', { headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }),
    peer,
  )

describe('the address of the client', () => {
  test.each<[string, readonly string[], string, string | undefined, string]>([
    ['nobody is trusted', [], '10.0.0.1', '6.6.6.6', '10.0.0.1'],
    ['the peer is not trusted', ['10.0.0.0/8'], '203.0.113.9', '6.6.6.6', '203.0.113.9'],
    ['a trusted proxy', ['10.0.0.1'], '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['what the client made up stays left', ['10.0.0.1'], '10.0.0.1', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['two proxies', ['10.0.0.0/8'], '10.0.0.1', '6.6.6.6, 203.0.113.9, 10.2.0.1', '203.0.113.9'],
    ['proxies only', ['10.0.0.0/8'], '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['no header', ['10.0.0.0/8'], '10.0.0.1', undefined, '10.0.0.1'],
    ['nonsense in the header', ['10.0.0.0/8'], '10.0.0.1', 'unknown', '10.0.0.1'],
    ['an empty hop', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.9, ', '10.0.0.1'],
    ['an address with a port is none', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.9:80', '10.0.0.1'],
    ['IPv4 in IPv6', ['10.0.0.0/8'], '::ffff:10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['IPv6', ['fd00::/8'], 'fd00::1', '2001:db8::7', '2001:db8::7'],
    ['no socket', ['10.0.0.0/8'], '', '203.0.113.9', ''],
  ])('%s', (_what, trusted, peer, forwarded, expected) => {
    expect(ask(trusted, peer, forwarded)).toBe(expected)
  })

  test('what is no address stops the start', () => {
    expect(() => clientAddress(['localhost'])).toThrow('localhost is neither an address nor a network')
  })
})
