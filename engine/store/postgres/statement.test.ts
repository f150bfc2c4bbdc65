import { expect, test } from 'bun:test'
import { TextBytes } from '../../value/text-bytes.ts'
import { Statement } from './statement.ts'

test('bytes that are given twice travel once, those that only look the same do not', () => {
  const statement = new Statement()
  const [outcome, same] = [new TextBytes('{"kind":"returned"}'), new TextBytes('{"kind":"returned"}')]
  const first = statement.bytes(outcome)
  expect(statement.bytes(same)).toEqual({ offset: 20, length: 19 })
  expect(statement.bytes(outcome)).toEqual(first)
  expect(statement.bytes(new TextBytes('end'))).toEqual({ offset: 39, length: 3 })
  const { parameters } = statement.finish(`select ${statement.blob}`)
  expect(parameters).toEqual([`${outcome.text}${same.text}end`])
})
