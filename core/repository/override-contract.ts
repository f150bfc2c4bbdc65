/**
 * The contract suite of overrides: an app that binds `AppMember` in the place of `Member` serves code that knows only
 * `Member`. Call `overrideContract` in a test file with a storage.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ModelRepository } from '../container/model-repository.ts'
import { FieldValidationError } from '../model/errors.ts'
import { q } from '../query/q.ts'
import type { ContractStorage, ContractApp } from './contract.ts'
import type { Persistent } from '../type-state/state.ts'
import { AppMember, Badge, Greetings, Member, Members } from './override-models.ts'

/** The app must bind `AppMember`, and `Badge` with `Member` joined, and add `Greetings` and `Members`. */
export function overrideContract(storage: ContractStorage): void {
  describe(`an override on ${storage.name}`, () => {
    let opened: ContractApp
    let counter = 0
    beforeAll(async () => {
      opened = await storage.open()
    })
    afterAll(() => opened.close())

    const within = (name: string, body: (resolved: Awaited<ReturnType<typeof repositories>>) => Promise<void>) =>
      test(name, () => opened.app.run(async () => body(await repositories(opened))))
    const email = () => `${process.pid}-${(counter += 1)}@example.com`

    within('serves consumers of the model, whose entities have the added fields', async ({ base, members, own }) => {
      const joined = await members.join(email())
      expect(joined).toBeInstanceOf(AppMember)
      expect((joined as Persistent<AppMember>).plan).toBe('free')
      expect((await base.get(joined))?.email).toBe(joined.email)
      const again = await own.get(AppMember.ref(Member.ref(joined).identifier))
      expect([again?.plan, again?.upper(), again?.greeting()]).toEqual([
        'free',
        joined.email.toUpperCase(),
        'hello free',
      ])
    })

    within('stores a new entity of the model with the defaults of what is added', async ({ base, own }) => {
      const stored = await base.save(new Member({ email: email() }))
      expect(await own.get(AppMember.ref(Member.ref(stored).identifier))).toMatchObject({ plan: 'free' })
      const whole = await own.insert(new AppMember({ email: email(), plan: 'gold', nickname: 'ada' }))
      expect([whole.plan, whole.nickname]).toEqual(['gold', 'ada'])
      expect((await base.get(whole)) as unknown).toMatchObject({ plan: 'gold' })
    })

    within('is what references to the model give', async ({ badges, own }) => {
      const member = await own.insert({ email: email(), plan: 'gold' })
      const badge = await badges.insert({ member, label: 'first' })
      const read = await badge.member
      expect(read).toBeInstanceOf(AppMember)
      expect((read as Persistent<AppMember>).plan).toBe('gold')
      const [loaded] = await badges.find({ where: Badge.fields.member.eq(member), load: [Badge.fields.member] })
      expect(((await loaded!.member) as Persistent<AppMember>).greeting()).toBe('hello gold')
      const mixed = await Promise.all([Member.ref(member), AppMember.ref(member)])
      expect(mixed.map((each) => (each as Persistent<AppMember>).plan)).toEqual(['gold', 'gold'])
    })

    within('is found by conditions on the model, on what is added, and across references', async (r) => {
      const member = await r.own.insert({ email: email(), plan: 'gold', nickname: email() })
      await r.badges.insert({ member, label: 'second' })
      const byAdded = AppMember.fields.nickname.eq(member.nickname ?? '')
      expect(await r.own.find(q.and(byAdded, Member.fields.email.eq(member.email)))).toHaveLength(1)
      expect(await r.base.count(Member.fields.email.eq(member.email))).toBe(1)
      expect(await r.badges.find(Badge.fields.member.has(Member.fields.email.eq(member.email)))).toHaveLength(1)
      expect(await r.badges.find(Badge.fields.member.has(byAdded))).toHaveLength(1)
    })

    within('is locked and saved through either token, with the methods of both', async ({ base, own }) => {
      const member = await own.insert({ email: email() })
      await using locked = await own.lock(member)
      if (!locked) throw new Error('gone')
      locked.rename('grace@example.com')
      locked.upgrade()
      expect(await base.lock(member)).toBe(locked)
      await base.save(locked)
      expect(await own.get(member)).toMatchObject({ email: 'grace@example.com', plan: 'gold' })
    })

    within('checks the added fields as it checks the rest', async ({ own }) => {
      const wrong = own.insert({ email: email(), plan: 'lead' as never, nickname: 'x'.repeat(200) })
      const failures = await wrong.then(
        () => [],
        (error: FieldValidationError) => error.failures.map(({ path }) => path),
      )
      expect(failures.toSorted()).toEqual(['nickname', 'plan'])
    })
  })
}

async function repositories({ app }: ContractApp) {
  return {
    base: await app.resolve(ModelRepository.of(Member)),
    own: await app.resolve(ModelRepository.of(AppMember)),
    badges: await app.resolve(ModelRepository.of(Badge, Member)),
    members: await app.resolve(Members),
    greetings: await app.resolve(Greetings),
  }
}
