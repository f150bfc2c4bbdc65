/**
 * Random programs as trees of text, so that the reducer can take parts away and print what is left. Printed with probes,
 * a program tells which nestings and which ways out of a block it really goes through.
 */

/** Text with the parts that can be removed: a block prints its children in between. */
export interface Piece {
  readonly before: string
  readonly body: Piece[]
  readonly after: string
  /** Pieces that end a body and belong to this one: `catch`, `else`, `case`. */
  readonly more: readonly Piece[]
  /** Told when control gets here: `outer>inner` for a block, `break@try` for a jump. */
  readonly enters?: readonly string[]
  /** Told when control falls out of the end of the body. */
  readonly ends?: string
}

export const leaf = (before: string): Piece => ({ before, body: [], after: '', more: [] })

export function printPieces(pieces: readonly Piece[], probes = false): string {
  const probe = (name: string): string => (probes ? `probe(${JSON.stringify(name)});` : '')
  return pieces
    .map((each) => {
      const entering = (each.enters ?? []).map(probe).join('')
      const ending = each.ends === undefined ? '' : probe(each.ends)
      const body = `${entering}${printPieces(each.body, probes)}${ending}`
      return `${each.before}${body}${printPieces(each.more, probes)}${each.after}`
    })
    .join('\n')
}
