/** The greeter's messages as the callers of the matrix send and read them. */
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { HelloReplySchema, HelloRequestSchema, HelloSummarySchema } from '../greeter.ts'
import type { Method, Order, Question } from './caller.ts'

export function questionInit({ name, times, note }: Question): MessageInitShape<typeof HelloRequestSchema> {
  return {
    name,
    ...(times !== undefined && { times }),
    ...(note !== undefined && { extra: { case: 'note' as const, value: note } }),
  }
}

export function questionBytes(question: Question): Uint8Array<ArrayBuffer> {
  return toBinary(HelloRequestSchema, create(HelloRequestSchema, questionInit(question)))
}

/** The text of an answer. */
export function answerText(method: Method, bytes: Uint8Array): string {
  return method === 'RecordRoute'
    ? fromBinary(HelloSummarySchema, bytes).names.join(',')
    : fromBinary(HelloReplySchema, bytes).message
}

/** The questions of an order one by one. `answered` is asked before each but the first, `ended` resolves with the call. */
export async function* pacedQuestions(
  { questions, pingPong, keepOpen }: Order,
  answered: () => Promise<void>,
  ended: Promise<void>,
): AsyncGenerator<Question> {
  for (const [index, question] of questions.entries()) {
    if (pingPong && index > 0) await answered()
    yield question
  }
  if (keepOpen) await ended
}

/** Lets each question wait for one answer. */
export function turns(): { readonly answered: () => Promise<void>; readonly answer: () => void } {
  const answers = [Promise.withResolvers<void>()]
  let taken = 0
  return {
    answered: () => answers[taken++]?.promise ?? Promise.resolve(),
    answer() {
      answers.at(-1)?.resolve()
      answers.push(Promise.withResolvers())
    },
  }
}
