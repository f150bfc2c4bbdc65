/** For tests: simulated time, seeded entropy, and the contract that every store keeps. */
export { seededEntropy, TestClock } from './test-clock.ts'
export { type ContractStore, storeContract } from './store-contract.ts'
