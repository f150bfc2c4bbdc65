/** What the page asks of the server it came from. */

export interface User {
  readonly self: string
  readonly name: string
}

export interface Session {
  readonly user: User
  readonly token: string
}

export interface Room {
  readonly self: string
  readonly title: string
  readonly topic: string
  readonly owner: string
}

export interface Message {
  readonly author: string
  readonly text: string
}

/** Rejects with an error whose message is for the person at the page. */
export class Api {
  session: Session | undefined = stored()

  readonly rooms = (): Promise<Room[]> => this.#call('GET', '/rooms')
  readonly room = (room: string): Promise<Room> => this.#call('GET', `/rooms/${room}`)
  readonly messages = (room: string): Promise<Message[]> => this.#call('GET', `/rooms/${room}/messages`)
  readonly members = (room: string): Promise<User[]> => this.#call('GET', `/rooms/${room}/members`)
  readonly create = (title: string): Promise<Room> => this.#call('POST', '/rooms', { title })
  readonly join = (room: string): Promise<void> => this.#call('POST', `/rooms/${room}/members`)
  readonly setTopic = (room: string, topic: string): Promise<void> =>
    this.#call('PUT', `/rooms/${room}/topic`, { topic })
  readonly ban = (room: string, user: string, minutes: number | undefined): Promise<void> =>
    this.#call('POST', `/rooms/${room}/bans`, { user, minutes })

  async signIn(name: string, password: string): Promise<void> {
    this.session = await this.#call('POST', '/sign-in', { name, password })
    sessionStorage.setItem('chat', JSON.stringify(this.session))
  }

  /** False when the server says that the token is none of its own; then this is signed out. */
  async stillSignedIn(room: string): Promise<boolean> {
    if (this.session === undefined) return true
    await this.join(room).catch(() => {})
    return (this.session as Session | undefined) !== undefined
  }

  signOut(): void {
    this.session = undefined
    sessionStorage.removeItem('chat')
  }

  async #call<Result>(method: string, path: string, body?: object): Promise<Result> {
    const response = await fetch(path, {
      method,
      headers: {
        ...(this.session && { authorization: `Bearer ${this.session.token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    }).catch(() => {
      throw new Error('The server cannot be reached.')
    })
    const text = await response.text()
    const answer: unknown = text === '' ? undefined : JSON.parse(text)
    if (response.ok) return answer as Result
    if (response.status === 401 && path !== '/sign-in') this.signOut()
    throw new Error(
      (answer as { readonly detail?: string } | undefined)?.detail ?? `The server says ${response.status}.`,
    )
  }
}

function stored(): Session | undefined {
  const text = sessionStorage.getItem('chat')
  return text === null ? undefined : (JSON.parse(text) as Session)
}
