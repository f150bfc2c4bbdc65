/**
 * Kinds: a definition and the program it was compiled to, under a small number, so that the rows of processes do not repeat
 * both texts. What programs live processes need is found by skipping from number to number in an index, however many
 * processes there are of each.
 */
import type { SqlRunner } from '../../sql/connection.ts'
import type { LiveProgram, StartRequest } from '../records.ts'

/** Creates the function that gives a kind its number, the first time it is asked for. */
export function kindFunction(schema: string): string {
  return `
    create function ${schema}.kind_of(definition text, program text) returns int language plpgsql volatile as $kind$
      declare found_id int;
      begin
        select k.id into found_id from ${schema}.kind k where k.program = $2 and k.definition = $1;
        if found_id is null then
          insert into ${schema}.kind (definition, program) values ($1, $2) on conflict do nothing returning id into found_id;
        end if;
        if found_id is null then
          select k.id into found_id from ${schema}.kind k where k.program = $2 and k.definition = $1;
        end if;
        return found_id;
      end $kind$;`
}

export async function findLivePrograms(sql: SqlRunner, schema: string): Promise<readonly LiveProgram[]> {
  return sql.query<{ hash: string; definition: string }>(
    `with recursive live as (
       (select kind from ${schema}.process order by kind limit 1)
       union all
       select (select p.kind from ${schema}.process p where p.kind > live.kind order by p.kind limit 1)
       from live where live.kind is not null)
     select k.program as hash, min(k.definition) as definition from live join ${schema}.kind k on k.id = live.kind
     group by 1 order by 2, 1`,
  )
}

/** The numbers that one session has seen: asking for them is a third of what a start takes the server. */
export class KnownKinds {
  readonly #numbers = new Map<string, number>()

  of({ definition, program }: StartRequest): number | null {
    return this.#numbers.get(`${program} ${definition}`) ?? null
  }

  /** Only what was committed: a kind that was rolled back has no number. */
  learn({ definition, program }: StartRequest, kind: number): void {
    this.#numbers.set(`${program} ${definition}`, kind)
  }
}
