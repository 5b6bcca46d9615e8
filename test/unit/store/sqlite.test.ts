/** The embedded engine, in its own threads, against the contract that every engine keeps. */
import { storeContract } from '../../contract/store.contract.ts'
import { openStore } from '../../../store/sqlite/store.ts'
import { SETTINGS } from './sample.ts'

storeContract('the SQLite engine', (directory, over) => openStore({ directory, ...SETTINGS, ...over }))
