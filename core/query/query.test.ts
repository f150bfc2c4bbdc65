import { describe, expect, test } from 'bun:test'
import { ConditionValueError, defineModel, field, q, type Condition } from '../index.ts'

class Author extends defineModel({ name: 'Author', fields: { name: field.string() } }) {}
class Post extends defineModel({
  name: 'Post',
  fields: {
    title: field.string().optional(),
    words: field.int(),
    price: field.decimal(6, 2),
    status: field.enum('PostStatus', ['draft', 'live']),
    pinned: field.boolean(),
    at: field.timestamp(),
    tags: field.array(field.string()),
    author: field.ref(Author),
    readers: field.refs(Author),
    meta: field.object({ lang: field.string(), size: field.object({ wide: field.int() }) }),
  },
}) {}
const { fields } = Post

const bare = (condition: Condition<never, never>) =>
  JSON.parse(
    JSON.stringify(condition.node, (key, value: unknown) =>
      key === 'field' ? (value as { path: string[] }).path.join('.') : key === 'target' ? undefined : value,
    ),
  )
const node = (condition: unknown) => bare(condition as Condition<never, never>) as unknown

class Login extends defineModel({
  name: 'Login',
  fields: {
    pin: field.string().secret(),
    level: field.enum('Level', ['low']).secret(),
    codes: field.array(field.string().secret()),
    card: field.object({ owner: field.string(), number: field.string() }).secret(),
  },
}) {}

test('a value that a secret field is compared with is in no message', () => {
  const wrong = 5551234 as never
  const calls = [
    () => Login.fields.pin.eq(wrong),
    () => Login.fields.level.in([String(wrong) as never]),
    () => Login.fields.codes.contains(wrong),
    () => Login.fields.card.number.eq(wrong),
  ]
  for (const call of calls) {
    expect(call).toThrow('got [secret]')
    expect(call).not.toThrow('5551234')
  }
})

describe('conditions are data', () => {
  test.each([
    [fields.words.eq(5), { kind: 'compare', field: 'words', operator: 'eq', value: 5 }],
    [fields.words.neq(5), { kind: 'compare', field: 'words', operator: 'neq', value: 5 }],
    [fields.words.gte(5), { kind: 'compare', field: 'words', operator: 'gte', value: 5 }],
    [
      fields.at.before('2030-01-01T00:00:00Z'),
      { kind: 'compare', field: 'at', operator: 'lt', value: '2030-01-01T00:00:00Z' },
    ],
    [fields.at.after(new Date(0)), { kind: 'compare', field: 'at', operator: 'gt', value: '1970-01-01T00:00:00Z' }],
    [fields.price.between('1.005', 2), { kind: 'between', field: 'price', low: 1, high: 2 }],
    [fields.status.in(['live']), { kind: 'in', field: 'status', values: ['live'], negated: false }],
    [fields.status.notIn(['live']), { kind: 'in', field: 'status', values: ['live'], negated: true }],
    [
      fields.title.like('a%'),
      { kind: 'match', field: 'title', pattern: { kind: 'like', text: 'a%' }, ignoreCase: false },
    ],
    [
      fields.title.ilike('a%'),
      { kind: 'match', field: 'title', pattern: { kind: 'like', text: 'a%' }, ignoreCase: true },
    ],
    [
      fields.title.startsWith('a%'),
      { kind: 'match', field: 'title', pattern: { kind: 'starts', text: 'a%' }, ignoreCase: false },
    ],
    [
      fields.title.contains('a'),
      { kind: 'match', field: 'title', pattern: { kind: 'contains', text: 'a' }, ignoreCase: false },
    ],
    [fields.title.isNull(), { kind: 'absent', field: 'title', negated: false }],
    [fields.title.isNotNull(), { kind: 'absent', field: 'title', negated: true }],
    [fields.pinned.isTrue(), { kind: 'compare', field: 'pinned', operator: 'eq', value: true }],
    [fields.tags.contains('a'), { kind: 'elements', field: 'tags', test: 'all', values: ['a'] }],
    [fields.tags.overlaps(['a', 'b']), { kind: 'elements', field: 'tags', test: 'any', values: ['a', 'b'] }],
    [fields.author.eq(Author.ref`a1`), { kind: 'compare', field: 'author', operator: 'eq', value: 'a1' }],
    [fields.readers.hasAll([Author.ref`a1`]), { kind: 'elements', field: 'readers', test: 'all', values: ['a1'] }],
    [fields.meta.size.wide.gt(3), { kind: 'compare', field: 'meta.size.wide', operator: 'gt', value: 3 }],
    [Post.all, { kind: 'always', holds: true }],
  ])('%#', (condition, expected) => {
    expect(node(condition)).toEqual(expected)
  })

  test('walk into references and combine', () => {
    const name = { kind: 'compare', field: 'name', operator: 'eq', value: 'Ann' }
    expect(node(q.or(q.not(fields.words.eq(1)), fields.author.has(Author.fields.name.eq('Ann'))))).toEqual({
      kind: 'or',
      parts: [
        { kind: 'not', part: { kind: 'compare', field: 'words', operator: 'eq', value: 1 } },
        { kind: 'has', field: 'author', condition: name },
      ],
    })
  })

  test('a part of a text need not be what the whole must be', () => {
    const Code = defineModel({
      name: 'Code',
      fields: {
        text: field
          .string()
          .min(3)
          .pattern(/\d+-\d+/),
      },
    })
    expect(Code.fields.text.contains('-').node).toMatchObject({
      kind: 'match',
      pattern: { kind: 'contains', text: '-' },
    })
    expect(() => Code.fields.text.eq('-')).toThrow(ConditionValueError)
    expect(() => Code.fields.text.contains('\0')).toThrow('must not contain a NUL character')
  })

  test('orders put absent values last unless told otherwise', () => {
    expect(fields.title.desc().node).toMatchObject({ direction: 'desc', nulls: 'last' })
    expect(fields.title.asc('first').node).toMatchObject({ direction: 'asc', nulls: 'first' })
  })

  test('aggregates name what they compute', () => {
    expect(
      [q.count(), q.count(fields.title), q.countDistinct(fields.title), q.sum(fields.price)].map(
        ({ node: { kind } }) => kind,
      ),
    ).toEqual(['count', 'count', 'count', 'sum'])
  })
})

describe('a value that the field cannot have is refused', () => {
  test.each([
    [
      'a word outside an enum',
      () => fields.status.eq('lost' as never),
      'Post.status is compared with a value that it cannot have: must be one of "draft", "live"',
    ],
    ['text for a number', () => fields.words.gt('5' as never), 'Post.words is compared with a value'],
    ['null', () => fields.words.eq(null as never), 'Post.words is compared with null'],
    ["another model's reference", () => fields.author.eq(Post.ref`p` as never), 'must be a reference to Author'],
    ['an id', () => fields.author.eq('a1' as never), 'must be a reference to Author'],
    ['a wrong element', () => fields.tags.hasAny([5 as never]), 'Post.tags is compared with'],
    ['half a character in a pattern', () => fields.title.ilike('%\ud800'), 'half of a surrogate pair'],
    ['NUL in a pattern', () => fields.title.startsWith('\0'), 'must not contain a NUL character'],
    ['a number as a pattern', () => fields.title.like(5 as never), 'must be text'],
    [
      'a statement as the place of absent values',
      () => fields.title.asc('last; drop table posts; --' as never),
      "Post.title.asc(nulls) takes 'first' or 'last'",
    ],
    ['a wrong nested value', () => fields.meta.size.wide.eq(1.5), 'Post.meta.size.wide is compared with'],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(ConditionValueError)
    expect(make).toThrow(message)
  })
})
