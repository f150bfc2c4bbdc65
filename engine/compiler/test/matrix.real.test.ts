/** The generated matrix with an await in every pair of places too. */
import { test } from 'bun:test'
import { checkRow } from './matrix-row.ts'
import { matrix } from './matrix.ts'

const rows = Map.groupBy(matrix(true), ([name]) => name.split(' ')[0] as string)

test.each([...rows])('%s', checkRow)
