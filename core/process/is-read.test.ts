/** Which steps count as reads. */
import { expect, test } from 'bun:test'
import type { StepSite } from '@justscale/engine'
import { defineModel } from '../model/define-model.ts'
import { field } from '../model/field.ts'
import { isRead } from './is-read.ts'

class Order extends defineModel({ fields: { total: field.int() } }) {}

const site = (changes: Partial<StepSite>): StepSite => ({
  kind: 'binding',
  arity: 1,
  read: false,
  name: '',
  ...changes,
})

test('an awaited reference is a read, wherever it comes from', () => {
  expect(isRead(undefined, site({ kind: 'value', read: true }))).toBe(true)
  expect(isRead(Order, site({ binding: 'Order', method: 'ref' }))).toBe(true)
})

test('a call of something else that has a method of that name is not', () => {
  expect(isRead({ ref: () => 1 }, site({ binding: 'git', method: 'ref' }))).toBe(false)
  expect(isRead(Order, site({ binding: 'Order', method: 'import' }))).toBe(false)
  expect(isRead({ find: () => 1 }, site({ kind: 'dependency', dependency: 'search', method: 'find' }))).toBe(false)
})
