export { defineProcess, delay } from './words.ts'
export * as billing from './billing.ts'
