/** Random expressions: bounded numbers, for the most part, with awaits, writes and calls of helpers in them. */
import type { Context } from './context.ts'

export function condition(context: Context): string {
  return `(${expression(context, 1)}) % ${2 + context.random.below(2)} === ${context.random.below(2)}`
}

export function expression(context: Context, depth: number): string {
  const { random } = context
  const name = (): string => random.pick(context.names)
  if (depth === 0 || random.chance(0.15)) return random.chance(0.6) ? `bound(${name()})` : String(random.below(5))
  const inner = (): string => expression(context, depth - 1)
  const kinds: (() => string)[] = [
    () => `bound(${name()})`,
    () => `(await svc.id(${inner()}))`,
    () => `(await svc.id(${inner()}))`,
    () => `(await svc.id(${inner()}))`,
    () => `(await svc.add(${inner()}, ${inner()}))`,
    () => `(await svc.add(${inner()}, ${inner()}))`,
    () => `(${inner()} + ${inner()})`,
    () => `(${inner()} * 2 - ${inner()})`,
    () => `(${inner()} > 1 ? ${inner()} : ${inner()})`,
    () => `(${inner()} ${random.pick(['&&', '||', '??'])} ${inner()})`,
    () => `[${inner()}, ...[${inner()}]].length`,
    () => `({ a: ${inner()}, ['b']: ${inner()} }).b`,
    () => `Number(\`\${${inner()}}\`.length)`,
    () => `joined\`x\${${inner()}}y\${${inner()}}\``,
    () => `Math.max(${inner()}, ${inner()})`,
    () => `(${inner()}, ${inner()})`,
    () => `((await svc.object(${inner()}))?.b.c[${random.below(2)}] as number)`,
    () => `((await svc.nothing()) as any)?.b[${inner()}]`,
    () => `new Map([[${inner()}, ${inner()}]]).size`,
    () => `-(${inner()})`,
    () => `Number(!(${inner()}))`,
    () => `(typeof (${inner()})).length`,
    () => `(void (${inner()}), 1)`,
    () => `((${inner()}) & 7 | (${inner()}) >> 1)`,
    () => `Number((${inner()}, 'b') in ({ a: ${inner()}, ['b']: ${inner()} } as any))`,
    () => `({ ['k' + bound(${inner()})]: ${inner()}, m: ${inner()} }).m`,
    () => `Number([${inner()}] instanceof Array)`,
    () => `Math.max(...[${inner()}, ${inner()}], ...[${inner()}])`,
    () => `([7, 8, 9].at?.(bound(${inner()}) % 3) as number)`,
    () => `new (class { v: number; constructor(v: number) { this.v = v } })(${inner()}).v`,
    () => `(await (${inner()} > 1 ? svc.id(${inner()}) : svc.id(${inner()})))`,
    () => `bound(await svc.id(${inner()}).then((x: number) => bound(x) + 1))`,
    () => `[4, 5].map((x) => x + 1).concat(${inner()})[bound(${inner()}) % 2 ? 0 : 2]!`,
    () => `(await transaction(async () => bound(await svc.id(${random.below(5)}))))`,
  ]
  if (context.locked) kinds.pop()
  if (!context.concurrent) {
    kinds.push(
      () => `(state.n += ${inner()})`,
      () => `bound(state.self.list[${inner()} % 3])`,
      () => `(state.list.unshift(${inner()}), state.list.length = 3)`,
      () => `(seen.set(bound(${inner()}) % 4, ${inner()}), seen.size)`,
      () => `(delete state.gone, state.gone ??= ${inner()})`,
    )
  }
  if (context.writable.length > 0) {
    const target = random.pick(context.writable)
    kinds.push(
      () => `(${target} = bound(${inner()}))`,
      () => `${target}++`,
      () => `(${target} += ${inner()})`,
      () => `([${target}] = [${inner()}])[0]`,
    )
  }
  if (context.helpers.length > 0)
    kinds.push(
      () => `(await ${random.pick(context.helpers)}(${inner()}))`,
      () => `(await ${random.pick(context.helpers)}(${inner()}, ${inner()}))`,
    )
  return random.pick(kinds)()
}
