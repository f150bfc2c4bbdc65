import { describe, expect, test } from 'bun:test'
import { bindRepository, bindService, defineModel, defineService, field, JustScale, ModelRepository } from '../index.ts'
import { Mailer, RealMailer, Greeter, storage, untyped, faultsOf } from '../test/app-parts.ts'

describe('build() refuses', () => {
  test('a missing dependency, naming consumer and provider', () => {
    expect(faultsOf(() => JustScale().add(untyped(Greeter)).build())).toEqual([
      'missing: Greeter (service) requires Mailer, which nothing provides.',
    ])
  })

  test('a missing model service', () => {
    class Order extends defineModel({ name: 'Order', fields: { n: field.int() }, inject: { mailer: Mailer } }) {}
    const builder = JustScale().add(bindRepository(ModelRepository.of(Order), storage('memory'))) as unknown as {
      build(): unknown
    }
    expect(faultsOf(() => builder.build())[0]).toContain(
      'ModelRepository.of(Order) in memory (repository) requires Mailer',
    )
  })

  test('two providers of one token', () => {
    expect(
      faultsOf(() =>
        JustScale()
          .add(bindService(Mailer, RealMailer))
          .add(untyped(bindService(Mailer, RealMailer)))
          .build(),
      )[0],
    ).toContain('duplicate')
  })

  test('a cycle, naming the chain', () => {
    class Sends extends defineService({
      name: 'Sends',
      inject: { greeter: Greeter },
      factory: () => ({ send: async () => '' }),
    }) {}
    expect(
      faultsOf(() =>
        JustScale()
          .add(untyped(bindService(Mailer, Sends)))
          .add(untyped(Greeter))
          .build(),
      ),
    ).toEqual(['cycle: These require one another: Mailer as Sends -> Greeter -> Mailer as Sends.'])
  })

  test('a singleton that captures a request-scoped service', () => {
    class Session extends defineService({ name: 'Session', scope: 'request', factory: () => ({}) }) {}
    class Holder extends defineService({
      name: 'Holder',
      inject: { session: Session as never },
      factory: () => ({}),
    }) {}
    expect(faultsOf(() => JustScale().add(Session).add(Holder).build())).toEqual([
      expect.stringContaining('captive: Holder lives as long as the app'),
    ])
  })

  test('a query across two storages', () => {
    class User extends defineModel({ name: 'User', fields: { n: field.int() } }) {}
    class Post extends defineModel({ name: 'Post', fields: { author: field.ref(User) } }) {}
    const builder = JustScale()
      .add(bindRepository(ModelRepository.of(User), storage('postgres')))
      .add(untyped(bindRepository(ModelRepository.of(Post, User), storage('memory'))))
    expect(faultsOf(() => builder.build())).toEqual([
      expect.stringContaining('Post (in memory) walk into User (in postgres)'),
    ])
  })

  test("a consumer of an override where its model is bound, and the model's repository beside the override's", () => {
    class User extends defineModel({ name: 'User', fields: { email: field.string() } }) {}
    class AppUser extends User.override({ fields: { nickname: field.string().optional() } }) {}
    class Names extends defineService({ name: 'Names', inject: { users: ModelRepository.of(AppUser) } }) {}
    class Mails extends defineService({ name: 'Mails', inject: { users: ModelRepository.of(User) } }) {}
    const user = bindRepository(ModelRepository.of(User), storage('memory'))
    const appUser = bindRepository(ModelRepository.of(AppUser), storage('memory'))
    expect(faultsOf(() => JustScale().add(user).add(untyped(Names)).build())).toEqual([
      'missing: Names (service) requires ModelRepository.of(AppUser), and ModelRepository.of(User) in memory is what is bound.',
    ])
    expect(faultsOf(() => JustScale().add(appUser).add(untyped(user)).build())).toEqual([
      'duplicate: ModelRepository.of(User) in memory and ModelRepository.of(AppUser) in memory provide the same token.',
    ])
    expect(faultsOf(() => JustScale().add(appUser).add(Names).add(Mails).build())).toEqual([])
  })

  test('two models of one name, in whatever storages', () => {
    class User extends defineModel({ name: 'User', fields: { email: field.string() } }) {}
    class Other extends defineModel({ name: 'User', fields: { phone: field.string() } }) {}
    const build = () =>
      JustScale()
        .add(bindRepository(ModelRepository.of(User), storage('memory')))
        .add(bindRepository(ModelRepository.of(Other), storage('postgres')))
        .build()
    expect(faultsOf(build)).toEqual(['duplicate: Two models are called User.'])
  })

  test('everything at once', () => {
    expect(
      faultsOf(() => JustScale().add(untyped(Greeter)).add(RealMailer).add(untyped(RealMailer)).build()).length,
    ).toBe(1)
    expect(() => JustScale().add(untyped({ nothing: 1 }))).toThrow('.add(unnamed token) needs a component')
  })
})
