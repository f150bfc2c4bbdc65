/** `POST /sign-in`. */
import { createController, view } from '@justscale/core'
import { Post } from '@justscale/http'
import { z } from 'zod'
import { SignIn } from './sign-in.ts'
import { User } from './user.ts'

export const UserView = view(User, { self: true, fields: ['name'] })

export const users = createController('/sign-in', {
  inject: { signIn: SignIn },
  routes: ({ signIn }) => ({
    signIn: Post('/')
      .body(z.object({ name: z.string().min(1).max(40), password: z.string().min(1).max(200) }))
      .returns(200, z.object({ user: UserView, token: z.string() }))
      .handle(({ body }) => signIn.signIn(body.name, body.password)),
  }),
})
