/** The page: sign in, choose a room, watch it, join it, talk. */
import type { RoomEvent } from '../room/room-feed.ts'
import { Api, type Message, type Room, type User } from './api.ts'
import { element, item, onSubmit } from './element.ts'
import { Live } from './live.ts'

const api = new Api()
let room: Room | undefined
let members: readonly User[] = []
let live: Live | undefined

const view = {
  status: element('#status'),
  problem: element('#problem'),
  rooms: element('#rooms'),
  log: element('#log'),
  members: element('#members'),
  banFor: element<HTMLSelectElement>('#ban-for select'),
}

/** What the person did; what goes wrong with it is shown. */
async function attempt(work: () => Promise<void>): Promise<void> {
  view.problem.hidden = true
  try {
    await work()
  } catch (error) {
    view.problem.textContent = error instanceof Error ? error.message : String(error)
    view.problem.hidden = false
    show()
  }
}

function isMember(): boolean {
  return members.some(({ self }) => self === api.session?.user.self)
}

function isOwner(): boolean {
  return room !== undefined && room.owner === api.session?.user.self
}

async function showRooms(): Promise<void> {
  const all = await api.rooms()
  if (all.length === 0) return view.rooms.replaceChildren(note('None yet'))
  view.rooms.replaceChildren(
    ...all.map((each) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = each.title
      button.setAttribute('aria-current', String(each.self === room?.self))
      button.onclick = () => void attempt(() => open(each.self))
      return item(button)
    }),
  )
}

async function open(self: string): Promise<void> {
  room = await api.room(self)
  history.replaceState(null, '', `#${self}`)
  await follow()
  await showRooms()
}

/** Connects anew: as a member or as a spectator. */
async function follow(): Promise<void> {
  const followed = room
  if (followed === undefined) return
  live?.close()
  members = await api.members(followed.self)
  const token = isMember() ? api.session?.token : undefined
  view.status.textContent = 'Connecting…'
  live = new Live(followed.self, token, {
    ready: () => void attempt(() => catchUp(followed.self)),
    event: (event) => void attempt(() => happened(event)),
    lost: () => {
      view.status.textContent = 'The connection is lost, trying again…'
      void api.stillSignedIn(followed.self).then((still) => (still ? undefined : attempt(follow)))
    },
    expelled: () => void attempt(follow),
  })
  show()
}

/** What was said and changed before the connection stood. */
async function catchUp(self: string): Promise<void> {
  room = await api.room(self)
  members = await api.members(self)
  const messages = await api.messages(self)
  view.log.replaceChildren(...(messages.length === 0 ? [note('Nothing was said yet.', 'nothing')] : messages.map(line)))
  view.log.scrollTop = view.log.scrollHeight
  view.status.textContent = 'Connected'
  show()
}

async function happened(event: RoomEvent): Promise<void> {
  if (event.kind === 'said') return append(line(event))
  if (event.kind === 'topic') {
    if (room !== undefined) room = { ...room, topic: event.topic }
    append(note(`The topic is: ${event.topic}`))
  } else {
    const verbs = { joined: 'has joined', banned: 'is banned', pardoned: 'may come back' } as const
    append(note(`${event.user} ${verbs[event.kind]}`))
    if (room !== undefined) members = await api.members(room.self)
  }
  show()
}

function append(added: HTMLElement): void {
  view.log.querySelector('.nothing')?.remove()
  const atEnd = view.log.scrollHeight - view.log.scrollTop - view.log.clientHeight < 40
  view.log.append(added)
  if (atEnd) view.log.scrollTop = view.log.scrollHeight
}

function line({ author, text }: Message): HTMLElement {
  const name = document.createElement('b')
  name.textContent = author
  return item(name, text)
}

function note(text: string, more = ''): HTMLElement {
  const added = item(text)
  added.className = `note ${more}`
  return added
}

/** Everything but the messages, as it is now. */
function show(): void {
  const { session } = api
  element('#sign-in').hidden = session !== undefined
  element('#who').hidden = session === undefined
  element('#who span').textContent = session?.user.name ?? ''
  element('#new-room').hidden = session === undefined
  element('#room').hidden = room === undefined
  element('#aside').hidden = room === undefined
  element('#nothing').hidden = room !== undefined
  if (room === undefined) return
  element('#title').textContent = room.title
  element('#mode').textContent = isMember() ? 'Member' : 'Watching'
  element('#topic').hidden = !isOwner()
  element('#topic-text').hidden = isOwner()
  element('#topic-text').textContent = room.topic === '' ? 'No topic' : room.topic
  const topic = element<HTMLInputElement>('#topic input')
  if (document.activeElement !== topic) topic.value = room.topic
  element('#say').hidden = !isMember()
  element('#join').hidden = isMember()
  element('#join span').textContent = session === undefined ? 'Sign in to join.' : 'Join to talk.'
  element('#join button').hidden = session === undefined
  element('#ban-for').hidden = !isOwner()
  view.members.replaceChildren(...members.map(memberItem))
}

function memberItem(member: User): HTMLElement {
  const name = document.createElement('span')
  name.textContent = member.name
  if (member.self === room?.owner) name.className = 'owner'
  if (!isOwner() || member.self === room?.owner) return item(name)
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'quiet'
  button.textContent = 'Ban'
  button.setAttribute('aria-label', `Ban ${member.name}`)
  const minutes = () => (view.banFor.value === '' ? undefined : Number(view.banFor.value))
  button.onclick = () => void attempt(async () => room && (await api.ban(room.self, member.self, minutes())))
  return item(name, button)
}

onSubmit('#sign-in', (form) =>
  attempt(async () => {
    await api.signIn(form.text('name'), form.text('password'))
    form.clear()
    show()
    await follow()
  }),
)
onSubmit('#new-room', (form) =>
  attempt(async () => {
    const created = await api.create(form.text('title'))
    form.clear()
    await open(created.self)
  }),
)
onSubmit('#topic', (form) => attempt(async () => room && (await api.setTopic(room.self, form.text('topic')))))
onSubmit('#say', (form) =>
  attempt(async () => {
    if (live?.say(form.text('text')) !== true) throw new Error('Not sent: the connection is lost.')
    form.clear()
  }),
)
element('#join button').onclick = () =>
  void attempt(async () => {
    if (room !== undefined) await api.join(room.self)
    await follow()
  })
element('#who button').onclick = () =>
  void attempt(async () => {
    api.signOut()
    show()
    await follow()
  })

/** Rooms that others open appear by themselves; once more after the server was gone. */
const lobby = new EventSource('/rooms/events')
for (const event of ['ready', 'opened']) lobby.addEventListener(event, () => void attempt(showRooms))

show()
void attempt(async () => {
  if (location.hash.length > 1) await open(location.hash.slice(1))
})
