/** The generated matrix, with an await in each place alone and in all at once. Pairs are in the real suite. */
import { test } from 'bun:test'
import { checkRow } from './matrix-row.ts'
import { matrix } from './matrix.ts'

const rows = Map.groupBy(matrix(false), ([name]) => name.split(' ')[0] as string)

test.each([...rows])('%s', checkRow)
