import { expect, test } from 'bun:test'
import { defineModel, field, q } from '../index.ts'
import { QueryError } from './errors.ts'
import { conditionOf } from './row-query.ts'

const title = field.string()
class Team extends defineModel({ name: 'Team', fields: { title } }) {}
class Player extends defineModel({ name: 'Player', fields: { title, team: field.ref(Team) } }) {}

test.each<[string, unknown]>([
  ['first', q.or(Team.fields.title.eq('a') as never, Player.fields.title.eq('b'))],
  ['last', q.or(Player.fields.title.eq('b'), Team.fields.title.eq('a') as never)],
  ['within not', q.not(Team.fields.title.eq('a'))],
  ['within has', Player.fields.team.has(Player.fields.title.eq('b') as never)],
  ['with nobody', q.not(Team.fields.title.in([]))],
])('a field of another model is refused, also where both have the same field: %s', (_, where) => {
  expect(() => conditionOf(Player, where)).toThrow(QueryError)
})

test('a reference to nobody in a field of another model is refused, too', () => {
  expect(() => conditionOf(Team, Player.fields.team.eq(Team.ref('no-key')))).toThrow(QueryError)
})

test('equal tests of one field are one list', () => {
  const { title: field } = Player.fields
  expect(conditionOf(Player, q.or(field.eq('a'), field.eq('b')))).toMatchObject({
    kind: 'or',
    parts: [{ kind: 'in', values: ['a', 'b'] }],
  })
})
