/** What a person typed wrong. Which exit code it gets is the program's (file 7: 2; file 8: 1 for what is missing). */
import { PeiError } from '../native/errors.ts'

export type UsageProblem = 'missing' | 'unknown' | 'surplus' | 'malformed'

export class UsageError extends PeiError {
  readonly problem: UsageProblem

  constructor(problem: UsageProblem, message: string) {
    super('PEI_USAGE', message)
    this.problem = problem
  }
}
