/** The middleware that says who asks: a bearer token, or `?token=` where a browser can set no header. */
import { createMiddleware, HttpError } from '@justscale/http'
import { SignIn } from './sign-in.ts'

export const signedIn = createMiddleware({
  inject: { signIn: SignIn },
  handle:
    ({ signIn }) =>
    ({ request, url }: { readonly request: Request; readonly url: URL }) => {
      const header = request.headers.get('authorization')?.replace(/^Bearer /, '')
      const token = header ?? url.searchParams.get('token') ?? ''
      const me = signIn.verify(token)
      if (me === undefined) throw new HttpError(401, 'Sign in first', { headers: { 'www-authenticate': 'Bearer' } })
      return { me }
    },
})
