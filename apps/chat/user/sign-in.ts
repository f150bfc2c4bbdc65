/**
 * Signing in, local to this app: a name and a password give a token, which every node with the same secret accepts without
 * asking the database. The first sign-in with a name takes it.
 */
import { defineService, ModelRepository, type Persistent, type Reference } from '@justscale/core'
import { HttpError } from '@justscale/http'
import { timingSafeEqual } from 'node:crypto'
import { ChatSecret } from './chat-secret.ts'
import { User } from './user.ts'

export interface SignedIn {
  readonly user: Reference<User>
  readonly name: string
}

export class SignIn extends defineService({
  inject: { users: ModelRepository.of(User), secret: ChatSecret },
  factory: ({ users, secret }) => {
    const signature = (text: string) => new Bun.CryptoHasher('sha256', secret.value).update(text).digest('base64url')
    return {
      /** Throws 401 when the name is taken and the password another. */
      async signIn(
        name: string,
        password: string,
      ): Promise<{ readonly user: Persistent<User>; readonly token: string }> {
        const known = await users.findOne({ where: User.fields.name.eq(name) })
        const user = known ?? (await users.insert({ name, password: await Bun.password.hash(password) }))
        if (known !== null && !(await Bun.password.verify(password, known.password))) {
          throw new HttpError(401, 'The name is taken, and the password is another')
        }
        const claims = Buffer.from(JSON.stringify([User.ref(user).identifier, name])).toString('base64url')
        return { user, token: `${claims}.${signature(claims)}` }
      },
      /** Whose token it is, or `undefined`. */
      verify(token: string): SignedIn | undefined {
        const [claims = '', given = ''] = token.split('.')
        const expected = Buffer.from(signature(claims))
        const actual = Buffer.from(given)
        if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return undefined
        const [identifier, name] = JSON.parse(Buffer.from(claims, 'base64url').toString()) as [string, string]
        return { user: User.ref(identifier), name }
      },
    }
  },
}) {}
