/** A program next to its source: nothing is left out, and a person can read it. */
import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listProgram, printListing } from '../../program/listing.ts'
import { transform } from '../transform.ts'

const folder = join(import.meta.dir, '../fixtures')

test.each(readdirSync(folder))('%s: every op once, every line of the source once, in order', (name) => {
  const source = readFileSync(join(folder, name, 'input.ts'), 'utf8')
  for (const { program, debug } of transform(`/app/${name}.ts`, source)?.programs ?? []) {
    const rows = listProgram(program, debug)
    const pcs = rows.flatMap((each) => (each.kind === 'op' ? [each.pc] : []))
    expect(pcs.toSorted((a, b) => a - b)).toEqual(program.ops.map((_op, pc) => pc))
    const lines = rows.flatMap((each) => (each.kind === 'source' ? [each.line] : []))
    expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b))
  }
})

test('says where it suspends, what is kept there, and what helpers it brings', () => {
  const source = `import { createProcess, delay, race, signal } from '@justscale/engine'
const RATE = 3
async function charge(svc: any, item: number) {
  return await svc.charge(item * RATE)
}
export const p = createProcess({
  path: '/order/:order',
  async handler({ svc, sig }: any, { order }: any) {
    const items = await svc.items(order)
    for (const item of items) await charge(svc, item)
    const r = race()
    switch (true) {
      case signal(r, sig.paid):
        return r.amount
      case delay.days(r, 3):
        return 0
    }
  },
})
`
  const [compiled] = transform('/app/order.ts', source)?.programs ?? []
  if (!compiled) throw new Error('Nothing to compile')
  expect(`${printListing(listProgram(compiled.program, compiled.debug))}\n`).toMatchInlineSnapshot(`
    "   2  const RATE = 3
       3  async function charge(svc: any, item: number) {
          in charge
             12  exec       svc = arguments[0]; item = arguments[1]
       4    return await svc.charge(item * RATE)
         ●   13  await      $1 = svc.charge(item * RATE)
                            keeps item, svc
             14  return     $1
             15  return
       5  }
       8  async handler({ svc, sig }: any, { order }: any) {
          in handler
              0  exec       { order } = arguments[1]
       9    const items = await svc.items(order)
         ●    1  await      $1 = svc.items(order)
                            keeps order
              2  exec       items = $1; $2 = loop(items)
      10    for (const item of items) await charge(svc, item)
              3  jumpIf     -> 7 unless (advance($2))
              4  exec       item = item($2)
              5  call       $3 = charge([svc, item])
              6  jump       -> 3
      11    const r = race()
              7  exec       r = race()
      12    switch (true) {
         ●    8  race       signal(sig.paid) -> 9 | delay.days(3) -> 10
                            keeps r
      13      case signal(r, sig.paid):
      14        return r.amount
              9  exec       return [r.amount]
      15      case delay.days(r, 3):
      16        return 0
             10  exec       return [0]
      17    }
      18  }
             11  return
    "
  `)
})

test('says what was written, also behind a spread', () => {
  const source = `import { createProcess } from '@justscale/engine'
createProcess({ path: '/x/:id', async handler({ svc }: any) { const a = [1]; await svc.id(a); return [...a, a.length] } })`
  const [first] = transform('/app/case.ts', source)?.programs ?? []
  expect(first && printListing(listProgram(first.program, first.debug))).toContain('[...a, a.length]')
})
