import { openStore } from '../store/sqlite/store.ts'
import { realFiles } from '../store/sqlite/files.ts'
import { randomBytes } from 'node:crypto'
import { delivered, group, message, plainOriginal, SETTINGS, scratchDirectory } from '../test/unit/store/sample.ts'
const composed = Buffer.alloc(5000, 'text of the body, wrapped as it should be\r\n'), original = randomBytes(5000)
const store = await openStore({ directory: scratchDirectory(), ...SETTINGS, files: realFiles })
let left=5000
const a=performance.now(), c=process.cpuUsage()
await Promise.all(Array.from({length:50},async()=>{while(left-->0){const m=message({ original: plainOriginal(original), groups: [group({ message: composed })] }); const r=await store.commit(m); store.confirmReply(m.queueId); await store.settle(r.entries.map(e=>delivered(e.entryId)))}}))
const u=process.cpuUsage(c); console.log((performance.now()-a)/5000,(u.user)/5e6,u.system/5e6)
await store.close()
