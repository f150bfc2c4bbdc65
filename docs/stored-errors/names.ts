/** In a worker: tells the names that the errors of a bundle have, by the names they are exported under. */
import { allErrors } from './all-errors.ts'

postMessage(allErrors.map(([exported, type]) => [exported, type.prototype.name, String(type.prototype)]))
