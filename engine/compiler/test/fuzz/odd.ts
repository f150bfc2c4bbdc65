/**
 * Statements that people write seldom: awaits in the heads of loops, in computed keys and in patterns, lists and maps that
 * change while they are gone over, functions and classes in odd places, promises kept in values. In a fiber beside others
 * what they show is kept in a list of their own.
 */
import { fresh, type Context } from './context.ts'
import { condition, expression } from './expression.ts'
import { leaf, type Piece } from './piece.ts'

type Odd = (e: () => string, name: (prefix: string) => string, c: () => string) => string

/** `log.push` is where they show what they did. */
const anywhere: readonly Odd[] = [
  (e, n) => {
    const [i, k] = [n('i'), n('i')]
    return `for (let ${i} = ${e()}, ${k} = 0; ${k} < 2 && ${e()} > -1e9; ${i} += ${e()}, ${k}++) log.push(bound(${i}), ${e()});`
  },
  (e, n) => {
    const [a, b] = [n('i'), n('i')]
    return `for (let [${a}, ${b}] = [${e()}, 2]; ${b} > 0; [${a}, ${b}] = [${e()}, ${b} - 1]) log.push(bound(${a}));`
  },
  (e, n) => {
    const m = n('m')
    return `const ${m} = new Map<any, any>([[1, ${e()}], [2, ${e()}]]); for (const [k, v] of ${m}) { if (${m}.size < 4) ${m}.set(k + 2, ${e()}); if (k === 1) ${m}.delete(2); log.push(k, v) }`
  },
  (e, n) => {
    const s = n('m')
    return `const ${s} = new Set<any>([1, 2]); for (const x of ${s}) { log.push(x, ${e()}); ${s}.delete(x); if (x < 4) ${s}.add(x + 2) }`
  },
  (e, n) => {
    const m = n('m')
    return `const ${m} = new Map<any, any>([['a', ${e()}], ['b', 2]]); for (const k of ${m}.keys()) { log.push(k, ${e()}); if (${m}.size < 3) ${m}.set('c', 1) }`
  },
  (e) => `for (const [i, x] of [${e()}, ${e()}].entries()) log.push(i, x, ${e()});`,
  (e, _n, c) =>
    `for (const x of [1, 2, 3].values().map((n: number) => n * 2)) { if (${c()}) break; log.push(x, ${e()}) }`,
  (e, n) => {
    const [v, P] = [n('v'), n('P')]
    return `const ${v} = ${e()}; class ${P} { a = ${v}; b = 1 } for (const k in new ${P}()) log.push(k, ${e()});`
  },
  (e) => `for (const k in Object.create({ a: 1 }, { b: { value: ${e()}, enumerable: true } })) log.push(k, ${e()});`,
  (e, n) => {
    const o = n('o')
    return `const ${o}: any = { a: 1, b: 2, c: 3 }; for (const k in ${o}) { log.push(k, ${e()}); delete ${o}.b; ${o}.d = 4 }`
  },
  (e, n) => {
    const i = n('i')
    return `for (let ${i} = 0; ${i} < 3; ${i}++) { const f = () => ${i} * 10; const g = () => { ${i} += 0; return f() }; log.push(f(), ${e()}, g()) }`
  },
  (e, n) => {
    const o = n('o')
    return `const ${o}: any = { ['a' + ${e()}]: ${e()}, get g() { return 5 }, ...{ z: ${e()} }, [${e()}]: ${e()} }; log.push(Object.keys(${o}).length, ${o}.g, ${o}.z);`
  },
  (e, n) => {
    const o = n('o')
    return `const ${o}: any = { a: [1, 2] }; ${o}.a[Math.abs(bound(${e()})) % 2]++; --${o}.a[0]; ${o}['a'][Math.abs(bound(${e()})) % 2] += ${e()}; log.push([...${o}.a]);`
  },
  (e, n) => {
    const o = n('o')
    return `const ${o}: any = { a: null, n: 2 }; ${o}[(${e()}, 'a')] ??= ${e()}; ${o}.b ||= ${e()}; ${o}.a &&= ${e()}; ${o}.n **= 2; log.push(${o}.a, ${o}.b, delete ${o}[(${e()}, 'n')], Object.keys(${o}).length);`
  },
  (e) =>
    `try { throw { code: ${e()}, more: [${e()}] } } catch ({ code, more: [m = ${e()}, n = ${e()}] }: any) { log.push(code, m, n, ${e()}) }`,
  (e, n) => {
    const [a, rest, x, ys] = [n('v'), n('v'), n('v'), n('v')]
    return `const { a: ${a}, [(${e()}, 'zz')]: zz${a} = ${e()}, ...${rest} }: any = await svc.object(${e()}); const [${x}, , ...${ys}] = [${e()}, ${e()}, ${e()}]; log.push(bound(${a}), zz${a}, ${rest}.f, ${x}, ${ys}.length);`
  },
  (e, n) => {
    const [o, a] = [n('o'), n('v')]
    return `const ${o}: any = {}; let ${a}: any; [${a}, ${o}.x = ${e()}, ...${o}.y] = [${e()}, undefined, ${e()}]; ({ p: ${o}.p = ${e()} } = { q: ${e()} } as any); log.push(${a}, ${o}.x, ${o}.y.length, ${o}.p);`
  },
  (e, n) => {
    const f = n('f')
    return `const ${f} = function down(n: number): number { return n <= 0 ? 1 : down(n - 1) + 1 }; log.push(${e()}, ${f}(3));`
  },
  (e, n) => {
    const f = n('f')
    return `let ${f} = (x: number, { y = x } = {} as any) => x + y; log.push(${f}(${e()}), ${e()}, ${f}(${e()}, { y: 1 }));`
  },
  (e) =>
    `switch (Math.abs(bound(${e()})) % 2) { case 0: { const y = ${e()}; const f = () => y; log.push(${e()}, f()); break } default: let z: any = bound(${e()}); const g = () => z++; log.push(g(), ${e()}, g()) }`,
  (e, n) => {
    const [A, B] = [n('A'), n('B')]
    return `class ${A} { #p: number; static s = 2; constructor(p: number) { this.#p = p } static make(p: number) { return new ${A}(p) } get() { return this.#p + ${A}.s } static has(o: any) { return #p in o } } class ${B} extends ${A} { override get() { return super.get() + 1 } } log.push(${A}.make(${e()}).get(), ${e()}, new ${B}(${e()}).get(), ${A}.has({}));`
  },
  (e) =>
    `log.push(new (class { v: any; constructor(v: any) { this.v = v } })(${e()}).v, ((C: any, v: any) => new C(v).size)(class extends Set<any> {}, [${e()}]));`,
  (e, n) => {
    const r = n('r')
    return `const ${r} = /\\d/g; log.push(${r}.exec('a1b2c3')?.[0], ${e()}, ${r}.exec('a1b2c3')?.index, ${e()}, ${r}.lastIndex);`
  },
  (e, n) => {
    const d = n('d')
    return `const ${d} = new Date(0); const at${d} = ${d}; ${d}.setUTCDate(3); log.push(${e()}); at${d}.setUTCMonth(2); log.push(${d}.getTime(), ${d} === at${d});`
  },
  (e, n) => {
    const h = n('h')
    return `const ${h}: any[] = [1, , ${e()}]; ${h}[4] = -0; log.push(${h}.length, ${e()}, 1 in ${h}, Object.is(${h}[4], -0));`
  },
  (e, n) => {
    const u = n('t')
    return `const ${u} = new Uint8Array(4); const w${u} = new Uint16Array(${u}.buffer, 2); log.push(${e()}); ${u}[2] = 3; log.push(w${u}[0], ${e()}); for (const x of ${u}) { ${u}[3] = 9; log.push(x, ${e()}) }`
  },
  (e, n, c) => {
    const l = n('l')
    return `${l}: if (${c()}) { log.push(${e()}); if (${c()}) break ${l}; log.push(${e()}) }`
  },
  (e, n, c) => {
    const l = n('l')
    return `${l}: try { if (${c()}) break ${l}; log.push(${e()}) } finally { log.push(${e()}) }`
  },
  (e, n) => {
    const i = n('i')
    return `let ${i} = 0; do { ${i}++; if (${i} === 1) continue; log.push(${e()}) } while ((${e()}, ${i} < 3));`
  },
  (e, n) => {
    const w = n('w')
    return `{ var ${w}: any = ${e()} } for (var k${w} = 0; k${w} < 2; k${w}++) log.push(${e()}); log.push(${w}, k${w});`
  },
  (e) =>
    `log.push(await (async (a: any, b = a) => { try { return [a, ${e()}] } finally { log.push(b, ${e()}) } })(${e()}));`,
  (e) =>
    `log.push((await svc.object(${e()}))?.b?.c?.at?.(bound(${e()}) % 2), (null as any)?.f(${e()}).g[${e()}], (undefined as any)?.(${e()}));`,
  (e) => `{ await using u = { v: ${e()}, async [Symbol.asyncDispose]() {} }, w = null; log.push(u.v, ${e()}, w) }`,
  (e, n) => {
    const b = n('b')
    return `let ${b} = BigInt(bound(${e()})); ${b} += BigInt(bound(${e()})); log.push(String(${b} * 2n), ${e()}, typeof ${b});`
  },
  (e, n) => {
    const x = n('e')
    return `const ${x} = new AggregateError([new RangeError('in')], 'out', { cause: ${e()} }); log.push(${e()}, ${x}.errors[0].message, bound(${x}.cause), ${x} instanceof AggregateError);`
  },
]

/** Awaits where hardly anybody writes them. */
const inHeads: readonly Odd[] = [
  (e, n) => {
    const o = n('o')
    return `const ${o}: any = { k: [] }; for (const { a = ${e()}, ...r } of [{ b: 1 }, { a: 2 }] as any[]) log.push(a, Object.keys(r).length, ${e()}); for ([${o}.x = ${e()}, ...${o}[(${e()}, 'k')]] of [[1, 2], [undefined]] as any) log.push(${o}.x, ${o}.k.length);`
  },
  (e, n) => {
    const C = n('C')
    return `const ${C}: any = Set; log.push(new (${e()}, ${C})([${e()}]).size, ((${e()}, String) as any)\`\${${e()}}\`.length);`
  },
  (e, n) => {
    const t = n('t')
    return `const ${t} = (s: any, ...v: any[]) => s.length + bound(v[0]); log.push((${e()}, ${t})\`a\${${e()}}b\`, ${e()});`
  },
]

/** Calls that run beside: not next to a lock, and not where fibers are. */
const beside: readonly Odd[] = [
  (e, n) => {
    const o = n('beside')
    return `const ${o} = { p: svc.id(${e()}), q: [svc.id(${e()})], n: 1 }; log.push(${e()}); log.push(await ${o}.p, await ${o}.q[0], ${o}.n);`
  },
  (e, n) => {
    const m = n('beside')
    return `const ${m} = new Map<string, any>([['c', svc.id(${e()})]]); ${m}.set('a', svc.id(${e()})); log.push(${e()}); log.push(await ${m}.get('a'), await ${m}.get('c'), await Promise.all(${m}.values()));`
  },
  (e, n) => {
    const p = n('beside')
    return `const ${p} = svc.id(${e()}).then((x: number) => bound(x) + 1); const more${p} = ${p}.finally(() => 0); log.push(${e()}); log.push(await ${p}, await more${p});`
  },
  (e, n) => {
    const p = n('beside')
    return `const ${p} = svc.fail('c').catch((x: any) => x.message); log.push(${e()}, await ${p});`
  },
  (e, n) => {
    const p = n('beside')
    return `const ${p}: any[] = []; for (const x of [1, 2]) ${p}.push(svc.id(x + bound(${e()}))); for (const x of ${p}) log.push(await x);`
  },
  (e, n) => {
    const p = n('beside')
    return `const ${p} = [1, 2].map(async (x) => bound(await svc.id(x)) + 1); log.push(${e()}); for await (const x of ${p}) log.push(x, ${e()});`
  },
  (e, n) => {
    const f = n('beside')
    return `const ${f} = async (p: any, q: any = svc.id(2)) => [await p, await q]; log.push(await ${f}(svc.id(${e()})));`
  },
  (e) =>
    `log.push(await Promise.any([svc.id(${e()})]), await Promise.race([svc.id(${e()})]), settled(await Promise.allSettled([svc.id(${e()}), svc.fail('s')])));`,
  (e, n) => {
    const p = n('beside')
    return `let ${p}: any; for (const x of [1, 2, 3]) { if (${p}) log.push(await ${p}); ${p} = svc.id(x + bound(${e()})) } log.push(await ${p});`
  },
]

export function odd(context: Context): Piece {
  const { random } = context
  const plain = [...anywhere, ...inHeads]
  const choices = context.concurrent || context.locked ? plain : [...plain, ...beside]
  const made = random.pick(choices)(
    () => expression(context, 1),
    (prefix) => fresh(context, prefix),
    () => condition(context),
  )
  if (!context.concurrent) return leaf(`{ ${made} }`)
  const own = fresh(context, 'own')
  return leaf(`{ const ${own}: any[] = []; ${made.replaceAll('log.push', `${own}.push`)} }`)
}
