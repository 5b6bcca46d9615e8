/**
 * Comfort for pages that work without it. Runs under Trusted Types: nothing here makes markup from text.
 *
 *   data-confirm="text"     on a form: asks before it is sent
 *   data-once               on a form: its buttons rest after it was sent, so that nothing is sent twice
 *   data-refresh="seconds"  on an element: the page is looked at again while its answer is awaited
 *   data-submit-on-change   on a form: sent when a choice in it changes
 *   data-copy="#id"         on a button: puts that text into the clipboard
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
