/** How messages print a token, and what makes two tokens the same. */
import { className, modelMetadata } from '../model/model-metadata.ts'
import { componentMeta, describe, isComponent } from './component.ts'
import { contributionMeta, isContributionToken } from './contribution-mark.ts'
import { repositoryToken } from './model-repository.ts'

/** `PaymentService`, `ModelRepository.of(Order)`. */
export function tokenName(token: unknown): string {
  const repository = repositoryToken(token)
  if (repository !== undefined) return `ModelRepository.of(${className(repository.model)})`
  if (isContributionToken(token)) return token[contributionMeta].name
  if (typeof token !== 'function' && isComponent(token)) return describe(token).name
  if (isComponent(token) && token[componentMeta].name !== '') return token[componentMeta].name
  const { name, tokenName: given } = Object(token) as { readonly name?: unknown; readonly tokenName?: unknown }
  return [name, given].find((text) => typeof text === 'string' && text !== '')?.toString() ?? 'unnamed token'
}

/** Tokens with the same key stand for the same thing: all repository tokens of a model, whatever they join. */
export function tokenKey(token: unknown): unknown {
  const repository = repositoryToken(token)
  return repository === undefined ? token : repository.model[modelMetadata].identity
}
