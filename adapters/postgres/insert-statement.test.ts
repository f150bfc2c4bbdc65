import { expect, test } from 'bun:test'
import { defineModel, field } from '@justscale/core'
import { insertStatements } from './insert-statement.ts'
import { createPgModel } from './pg-model.ts'

class Page extends defineModel({ name: 'Page', fields: { text: field.text() } }) {}
const table = createPgModel(Page)

const sizesOf = (...characters: readonly number[]) => {
  const rows = characters.map((count, n) => ({ identifier: `${n}`, values: { text: 'x'.repeat(count) } }))
  return [...insertStatements(table, rows)].map(({ parameters: [first, ...others] }) => {
    return others.length > 0 ? [first] : (JSON.parse(String(first)) as { id: string }[]).map(({ id }) => id)
  })
}

test('rows travel in as few statements as hold them, each row in one of them', () => {
  expect(sizesOf()).toEqual([])
  expect(sizesOf(1)).toEqual([['0']])
  expect(sizesOf(1, 1, 1)).toEqual([['0', '1', '2']])
  expect(sizesOf(3e6, 3e6, 3e6, 3e6, 3e6)).toEqual([['0', '1'], ['2', '3'], ['4']])
  expect(sizesOf(1, 9e6, 1, 1)).toEqual([['0'], ['1'], ['2', '3']])
  expect(sizesOf(9e6, 9e6)).toEqual([['0'], ['1']])
})
