import { expect, test } from 'bun:test'
import { Code } from '@connectrpc/connect'
import { knownError } from './known-error.ts'

const abort = () => new DOMException('The connection was closed.', 'AbortError')

test('a handler that ends because its caller is gone is no failure of the server', () => {
  const gone = AbortSignal.abort(abort())
  expect(knownError(gone.reason, gone)?.code).toBe(Code.Canceled)
  expect(knownError(abort(), gone)?.code).toBe(Code.Canceled)
})

test('anything else that fails is one', () => {
  expect(knownError(new Error('a bug'), AbortSignal.abort(abort()))).toBeUndefined()
  expect(knownError(abort(), new AbortController().signal)).toBeUndefined()
})
