/**
 * Comfort for pages that work without it. Runs under Trusted Types: nothing here makes markup from text.
 *
 *   data-confirm="text"     on a form: asks before it is sent
 *   data-once               on a form: its buttons rest after it was sent, so that nothing is sent twice
 *   data-refresh="seconds"  on an element: the page is looked at again while its answer is awaited
 *   data-submit-on-change   on a form: sent when a choice in it changes
 *   data-copy="#id"         on a button: puts that text into the clipboard
 *   data-upload             on a form with a file field: takes files that are dropped on it, and says how far sending is
 */
document.addEventListener('submit', event => {
  const form = event.target
  const question = form.dataset.confirm
  if (question && !window.confirm(question)) return event.preventDefault()
  if ('once' in form.dataset) setTimeout(() => form.querySelectorAll('button').forEach(button => { button.disabled = true }), 0)
})

document.addEventListener('change', event => {
  const form = event.target.form
  if (form && 'submitOnChange' in form.dataset) form.requestSubmit()
})

document.addEventListener('click', event => {
  const button = event.target.closest('[data-copy]')
  if (button) navigator.clipboard?.writeText(document.querySelector(button.dataset.copy).textContent)
})

// Back from the browser's cache: buttons work again.
window.addEventListener('pageshow', event => {
  if (event.persisted) document.querySelectorAll('form[data-once] button').forEach(button => { button.disabled = false })
})

const waiting = document.querySelector('[data-refresh]')
if (waiting) setTimeout(() => window.location.reload(), Number(waiting.dataset.refresh) * 1000)

// What is larger goes in pieces, so that a sending that broke off need not begin again.
const LARGE_BYTES = 4 * 1024 * 1024
const PIECE_BYTES = 2 * 1024 * 1024
const TRIES = 5

for (const form of document.querySelectorAll('form[data-upload]')) {
  const field = form.querySelector('input[type=file]')
  const drop = form.querySelector('.drop')
  const say = form.querySelector('.say')
  drop.hidden = false
  for (const kind of ['dragover', 'dragleave', 'drop']) {
    form.addEventListener(kind, event => {
      event.preventDefault()
      drop.classList.toggle('over', kind === 'dragover')
    })
  }
  form.addEventListener('drop', event => { if (event.dataTransfer?.files.length) field.files = event.dataTransfer.files })
  form.addEventListener('submit', event => {
    event.preventDefault()
    const isLarge = [...field.files].some(file => file.size > LARGE_BYTES)
    if (isLarge) sendInPieces(form, say, [...field.files])
    else sendWithProgress(form, say)
  })
}

function sendWithProgress(form, say) {
  const [bar, button] = [form.querySelector('progress'), form.querySelector('button')]
  const request = new XMLHttpRequest()
  const rest = isSending => {
    button.disabled = isSending
    bar.parentElement.hidden = !isSending
  }
  request.upload.addEventListener('progress', event => { if (event.lengthComputable) bar.value = Math.round((100 * event.loaded) / event.total) })
  request.upload.addEventListener('load', () => { say.textContent = say.dataset.working })
  request.addEventListener('load', () => {
    // The answer is a page of ours, where the plain form would have led to.
    if (request.status < 400) return window.location.assign(request.responseURL)
    rest(false)
    say.textContent = say.dataset.failed
  })
  request.addEventListener('error', () => {
    rest(false)
    say.textContent = say.dataset.failed
  })
  rest(true)
  say.textContent = say.dataset.sending
  request.open('POST', form.action)
  request.send(new FormData(form))
}

async function sendInPieces(form, say, files) {
  const [bar, button] = [form.querySelector('progress'), form.querySelector('button')]
  const total = files.reduce((sum, file) => sum + file.size, 0)
  let before = 0
  button.disabled = true
  bar.parentElement.hidden = false
  say.textContent = say.dataset.sending
  try {
    const results = []
    for (const file of files) {
      results.push(await sendFile(form.dataset.token, file, received => {
        bar.value = Math.round((100 * (before + received)) / total)
        say.textContent = received === file.size ? say.dataset.working : say.dataset.sending
      }))
      before += file.size
    }
    window.location.assign(`/upload/done?r=${results.join('.')}`)
  } catch {
    say.textContent = say.dataset.broke
  } finally {
    button.disabled = false
    bar.parentElement.hidden = true
  }
}

/** Resolves with the number of what it became. A sending is remembered by the file's name, size and time. */
async function sendFile(token, file, tell) {
  const key = `upload ${file.name} ${file.size} ${file.lastModified}`
  const known = localStorage.getItem(key)
  let at = known ? await asked(token, `/upload/pieces/${known}`).catch(() => undefined) : undefined
  at ??= await asked(token, '/upload/pieces', new URLSearchParams({ _token: token, name: file.name, type: file.type, size: String(file.size) }))
  localStorage.setItem(key, at.id)
  while (at.received < file.size) {
    tell(at.received)
    const { id, received } = at
    at = await again(() => asked(token, `/upload/pieces/${id}?offset=${received}`, file.slice(received, received + PIECE_BYTES)))
  }
  tell(file.size)
  const { result } = await again(() => asked(token, `/upload/pieces/${at.id}/done`, new URLSearchParams({ _token: token, name: file.name })))
  localStorage.removeItem(key)
  return result
}

async function asked(token, path, body) {
  const headers = { 'x-portal-token': token, ...(body instanceof Blob ? { 'content-type': 'application/octet-stream' } : {}) }
  const reply = await fetch(path, body ? { method: 'POST', headers, body } : {})
  if (!reply.ok) throw new Error(String(reply.status))
  return reply.json()
}

/** A network that comes back within half a minute is not noticed. */
async function again(work) {
  for (let tried = 1; ; tried++) {
    try {
      return await work()
    } catch (error) {
      if (tried === TRIES) throw error
      await new Promise(resolve => setTimeout(resolve, 1000 * 2 ** tried))
    }
  }
}

// Security keys: the challenge comes from the server, the answer goes back as a field of a plain form.
const octetsOf = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), char => char.charCodeAt(0))
const textOf = octets => btoa(String.fromCharCode(...new Uint8Array(octets))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

async function keyAnswer(act, token) {
  const reply = await fetch(act === 'add' ? '/keys/offer' : '/keys/ask', { method: 'POST', headers: { 'content-type': 'application/json', 'x-portal-token': token }, body: '{}' })
  if (!reply.ok) throw new Error(String(reply.status))
  const options = await reply.json()
  const publicKey = { ...options, challenge: octetsOf(options.challenge) }
  for (const name of ['allowCredentials', 'excludeCredentials']) if (options[name]) publicKey[name] = options[name].map(each => ({ ...each, id: octetsOf(each.id) }))
  if (options.user) publicKey.user = { ...options.user, id: octetsOf(options.user.id) }
  const made = act === 'add' ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey })
  const response = {}
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) if (made.response[name]) response[name] = textOf(made.response[name])
  if (made.response.getTransports) response.transports = made.response.getTransports()
  return { id: made.id, rawId: textOf(made.rawId), type: made.type, clientExtensionResults: {}, response }
}

for (const form of window.PublicKeyCredential ? document.querySelectorAll('form[data-key]') : []) {
  form.hidden = false
  form.addEventListener('submit', async event => {
    event.preventDefault()
    form.querySelector('[role=alert]').hidden = true
    try {
      form.elements.answer.value = JSON.stringify(await keyAnswer(form.dataset.key, form.elements._token.value))
      form.submit()
    } catch {
      form.querySelector('[role=alert]').hidden = false
    }
  })
}
