/** Input and patches of a model, checked: every value in its field's own form, or one error with all that is wrong. */
import type { FieldValues } from './entity-state.ts'
import { FieldValidationError, type FieldFailure } from './errors.ts'
import { definedValue } from './field-value.ts'
import { modelName } from './model-metadata.ts'
import { planOf, type PlannedField } from './model-plan.ts'
import type { AnyModelClass } from './model-type.ts'

/** The values of a new entity's input, defaults applied. Throws `FieldValidationError` listing all that is wrong. */
export function checkedInput(model: AnyModelClass, input: unknown): FieldValues {
  const given = (input ?? {}) as FieldValues
  const plan = planOf(model)
  const failures: FieldFailure[] = []
  for (const name of Object.keys(given)) if (!plan.byName.has(name)) failures.push(unknownField(name))
  return checkedFields(model, plan.fields, given, failures)
}

/** The values of a patch, checked as `checkedInput` does; only the fields it names. */
export function checkedPatch(model: AnyModelClass, patch: object): FieldValues {
  const given = patch as FieldValues
  const { byName } = planOf(model)
  const failures: FieldFailure[] = []
  const fields: PlannedField[] = []
  for (const name of Object.keys(given)) {
    const field = byName.get(name)
    if (field) fields.push(field)
    else failures.push(unknownField(name))
  }
  return checkedFields(model, fields, given, failures)
}

/** The values of some fields; `failures` are what is wrong already. */
export function checkedFields(
  model: AnyModelClass,
  fields: readonly PlannedField[],
  given: Readonly<FieldValues>,
  failures: FieldFailure[] = [],
): FieldValues {
  const values: FieldValues = {}
  for (const { name, definition } of fields) {
    const checked = definedValue(definition, given[name], name)
    if (checked.ok) values[name] = checked.value
    else failures.push(...checked.failures)
  }
  if (failures.length > 0) throw new FieldValidationError(modelName(model), failures)
  return values
}

/** One value that is assigned to a field. */
export function checkedValue(model: AnyModelClass, field: PlannedField, value: unknown): unknown {
  const checked = definedValue(field.definition, value, field.name)
  if (checked.ok) return checked.value
  throw new FieldValidationError(modelName(model), checked.failures)
}

function unknownField(path: string): FieldFailure {
  return { path, message: 'is not a field' }
}
