/**
 * Workbooks that are locked with the password that Excel tries by itself: to the one who opens them they are not locked.
 *
 *   encrypted package ──▶ [opened by everybody's password] ──▶ the package as the one file in it ──▶ tools.member
 *
 * Excel locks a workbook with this word when only its structure is to be protected, and opens it without a question. So do
 * those who want a scanner to look away. Any other password is somebody's secret: such a file stays locked.
 * Standards: MS-XLS §2.4.117, MS-OFFCRYPTO §2.3 ("VelvetSweatshop").
 */
import type { Finding } from '../finding.ts'
import { unlockOffice } from '../unlock/office.ts'
import { unlockOldOffice } from '../unlock/old-office.ts'
import type { Cannot, Disarmed, Disarmer, DisarmInput } from './contract.ts'

/** What Excel tries before it asks. */
export const EVERYBODYS_PASSWORD = 'VelvetSweatshop'
/** Excel writes 100,000; whoever asks for more has a secret to keep. */
const MOST_SPINS = 200_000
const ENCRYPTED: Cannot = { kind: 'cannot', reason: 'encrypted' }
export const OPENED_FINDING: Omit<Finding, 'partId'> = { code: 'media.default-password' }

export const lockedOfficeDisarmer: Disarmer = {
  table: [
    { object: 'a document that is locked with the password that Excel tries by itself', becomes: 'rebuilt' },
    { object: 'a document that is locked with any other password, until somebody enters it', becomes: 'blocked' },
  ],
  async disarm({ untrustedBytes, limits, name, tools }: DisarmInput): Promise<Disarmed> {
    const opened = await unlockOffice(untrustedBytes, [EVERYBODYS_PASSWORD], { ...limits, mostSpins: MOST_SPINS })
    if (opened.kind === 'cannot') return ENCRYPTED
    const member = await tools.member({ untrustedName: name, untrustedBytes: opened.bytes })
    if (member.kind === 'kept') return { kind: 'cannot', reason: 'unsupported', why: member.reason }
    const { bytes, mediaType, extension } = member
    return { kind: 'rebuilt', bytes, mediaType, extension, removed: [], findings: [OPENED_FINDING] }
  },
}

/** The same for an old workbook; undefined when it is locked with something else. */
export async function openedOldWorkbook({ untrustedBytes, limits }: DisarmInput): Promise<Uint8Array | undefined> {
  const opened = await unlockOldOffice(untrustedBytes, [EVERYBODYS_PASSWORD], { ...limits, detectedType: 'application/vnd.ms-excel' })
  return opened.kind === 'unlocked' ? opened.bytes : undefined
}
