// The page's own words. What the chats say comes from the program.
const zh = {
  brand: '挂号', demo: '演示', language: '语言', tabs: '切换面板',
  offline: '与演示程序的连接断开了，正在重新连接…',
  clock: '演示时钟', zone: '北京时间', plus15: '+15 分钟', plus60: '+1 小时', next18: '次日 18:00', eve18: '就诊前一天 18:00',
  before2: '就诊前 2 小时', clock_to: '拨到这个时间（北京时间）', go: '拨到', moved: '时钟已拨到 {0}', moving: '正在拨动时钟…',
  guide_title: '试试看', guide_intro: '左边是患者的微信和 Telegram，右边是医院员工的手机。一切消息都走真实的平台协议。',
  guide_foot: '时间可以往前拨：到期的提醒、超时和退款都会照常发生。',
  console_open: '打开医院的管理台', console_login: '（登录名 demo，密码 open the console）',
  cap_wechat: '患者 · 微信公众号', cap_telegram: '患者 · Telegram', cap_staff: '医院员工 · Telegram',
  tab_guide: '指南', tab_wechat: '微信', tab_staff: '员工', unread: '{0} 条未读', done: '已完成',
  s_book: '在微信里预约', h_book: '关注公众号，点底部菜单“预约挂号”，选医院、科室、医生和时间，再填就诊人。可以点蓝字，也可以回复数字，或直接输入医生名字。身份证号可用 {0}，手机号随意填一个，如 13800138000。',
  s_pay: '在微信里支付', h_pay: '点“去支付”打开页面，点绿色按钮，在微信支付里确认。',
  s_scan: '在 Telegram 里预约并扫码支付', h_scan: '点“开始”，用按钮一步步选。最后机器人会发来二维码：点一下图片，用微信扫码付款。也可以点“去支付”，在页面上选支付宝。',
  s_remind: '收到就诊提醒', h_remind: '把时钟拨到就诊前一天 18:00，再拨到就诊前 2 小时。提醒会回到预约时所用的手机。',
  s_cancel: '取消并退款', h_cancel: '再约一次，然后在“我的预约”里取消，费用会原路退回。',
  s_staff: '绑定员工手机', h_staff: '在员工手机里点一下绑定码，发送给机器人。',
  s_broadcast: '群发通知', h_broadcast: '员工发送 /broadcast，选择人群，写内容，预览后确认。患者手机会收到。',
  s_stop: '停诊', h_stop: '员工发送 /stop，选择医生的半天门诊。相关预约会自动取消、退款并通知患者。',
  account: '市民挂号', account_kind: '公众号', bot: '市民挂号', bot_kind: '机器人', staff_bot: '市民挂号 · 员工',
  follow: '关注公众号', follow_text: '预约三家医院的门诊，支付挂号费，接收就诊提醒', unfollow: '取消关注', followed_off: '您已取消关注，收不到消息。',
  more: '更多', chat_of: '{0} 的聊天记录', type_here: '输入消息', send: '发送', keyboard: '切换到键盘', to_menu: '切换到菜单', add: '发送其他内容',
  voice: '语音', photo: '照片', location: '位置', sticker: '表情', back_to_menu: '返回菜单',
  voice_title: '您说了什么？', voice_text: '微信会把语音转成文字。留空则表示没有识别出来。', ok: '确定', cancel: '取消', close: '关闭', done_button: '完成',
  tg_intro: '在 Telegram 里预约三家医院的门诊\n点“开始”和机器人说话', st_intro: '点上面的绑定码，\n这部手机就能群发通知和停诊', start: '开始', unblock: '解除屏蔽', block: '屏蔽机器人', commands: '菜单', edited: '已编辑', attach: '附件',
  voice_message: '语音消息', sticker_message: '表情', location_message: '位置：人民广场', photo_message: '照片', video_message: '视频', details: '查看详情',
  open_photo: '查看图片', save_file: '保存文件', open_outside: '在浏览器打开', scan: '用微信扫码支付', scan_page: '用微信扫描页面上的二维码', scan_text: '假装用另一部手机的微信扫描这张图片',
  wxpay: '微信支付', pay_to: '挂号缴费', pay_method: '支付方式', pay_wallet: '零钱', pay_confirm: '确认支付', pay_done: '支付成功', pay_asking: '支付中…',
  code_title: '绑定码', code_text: '点一下发送，本机即成为员工手机', code_new: '换一个', code_failed: '没有取到绑定码',
  menu_sub: '{0}，有下级菜单', browser: '网页', page_elsewhere: '在新标签页中打开',
  err_not_following: '请先关注公众号。', err_gone: '这条消息或按钮已经变了。', err_no_code: '图片里没有可识别的二维码。', err_pay_unknown: '微信支付不认识这个二维码。',
  err_pay_expired: '已过支付时间。', err_pay_closed: '订单已关闭，不能支付。', err_pay_paid: '订单已经支付过了。', err_pay_other: '只能由预约的微信账号支付。',
  err_pay_refused: '支付参数不正确。', err_past: '时钟只能往前拨。', err_too_far: '一次最多拨 31 天。', err_moving: '时钟正在拨动。', err_no_visit: '还没有已确认的预约。',
  err_jobs_failed: '有任务没有成功，请看程序日志。', err_failed: '没有成功，请再试一次。', err_network: '没有连上演示程序。',
};
const en = {
  brand: 'Guahao', demo: 'Demo', language: 'Language', tabs: 'Panels',
  offline: 'The connection to the demo is lost. Reconnecting…',
  clock: 'Demo clock', zone: 'Shanghai', plus15: '+15 min', plus60: '+1 h', next18: 'Next day 18:00', eve18: '18:00 the day before the visit',
  before2: '2 h before the visit', clock_to: 'Move to this time (Shanghai)', go: 'Go', moved: 'The clock now says {0}', moving: 'Moving the clock…',
  guide_title: 'What to try', guide_intro: "Two patients' phones, WeChat and Telegram, and a staff member's. Every message takes the platforms' real protocols.",
  guide_foot: 'The clock can be moved forward: reminders, timeouts and refunds that fall due will happen.',
  console_open: "Open the hospital's console", console_login: '(login name demo, password: open the console)',
  cap_wechat: 'Patient · WeChat', cap_telegram: 'Patient · Telegram', cap_staff: 'Hospital staff · Telegram',
  tab_guide: 'Guide', tab_wechat: 'WeChat', tab_staff: 'Staff', unread: '{0} unread', done: 'done',
  s_book: 'Book in WeChat', h_book: "Follow the account, tap 预约挂号 in the menu at the bottom and choose hospital, department, doctor and time, then add a patient. Tap the blue words, reply with a number, or just type a doctor's name. A valid ID number is {0}; any phone number such as 13800138000 will do. For English send /lang.",
  s_pay: 'Pay in WeChat', h_pay: 'Tap the payment link, then the green button, and confirm in WeChat Pay.',
  s_scan: 'Book in Telegram, pay by QR code', h_scan: 'Press Start and choose with the buttons. At the end comes a QR code: tap the picture and scan it with WeChat. Or open the page below it and choose Alipay.',
  s_remind: 'Get the reminder', h_remind: 'Move the clock to 18:00 on the day before the visit, then to 2 hours before it. Reminders come to the phone that booked.',
  s_cancel: 'Cancel, and be refunded', h_cancel: "Book again, then cancel under 'My appointments'. The fee goes back to where it came from.",
  s_staff: 'Bind the staff phone', h_staff: 'Tap the binding code on the staff phone to send it to the bot.',
  s_broadcast: 'Broadcast', h_broadcast: "Staff sends /broadcast, picks whom, writes the text, sees a preview and confirms. The patients' phones receive it.",
  s_stop: 'Stop a clinic', h_stop: "Staff sends /stop and picks a doctor's half-day. Its appointments are cancelled and refunded, and the patients are told.",
  account: '市民挂号', account_kind: 'Official Account', bot: 'Guahao', bot_kind: 'bot', staff_bot: 'Guahao · staff',
  follow: 'Follow', follow_text: 'Book visits at three hospitals, pay the fee, be reminded', unfollow: 'Unfollow', followed_off: 'You have unfollowed the account and get no messages.',
  more: 'More', chat_of: 'Chat with {0}', type_here: 'Message', send: 'Send', keyboard: 'Switch to the keyboard', to_menu: 'Switch to the menu', add: 'Send something else',
  voice: 'Voice', photo: 'Photo', location: 'Location', sticker: 'Sticker', back_to_menu: 'Back to the menu',
  voice_title: 'What did you say?', voice_text: 'WeChat turns speech into text. Leave it empty if it understood nothing.', ok: 'OK', cancel: 'Cancel', close: 'Close', done_button: 'Done',
  tg_intro: 'Book visits at three hospitals in Telegram.\nPress Start to talk to the bot.', st_intro: 'Tap the code above: then this phone can\nsend broadcasts and stop clinics.', start: 'Start', unblock: 'Unblock', block: 'Block the bot', commands: 'Menu', edited: 'edited', attach: 'Attach',
  voice_message: 'Voice message', sticker_message: 'Sticker', location_message: "Location: People's Square", photo_message: 'Photo', video_message: 'Video', details: 'Details',
  open_photo: 'Look at the picture', save_file: 'Save the file', open_outside: 'Open in browser', scan: 'Scan with WeChat Pay', scan_page: 'Scan the code on this page with WeChat', scan_text: "As if another phone's WeChat scanned this picture",
  wxpay: 'WeChat Pay', pay_to: 'Registration fee', pay_method: 'Payment method', pay_wallet: 'Balance', pay_confirm: 'Confirm payment', pay_done: 'Paid', pay_asking: 'Paying…',
  code_title: 'Binding code', code_text: "Tap to send it: this becomes the staff's phone", code_new: 'New code', code_failed: 'No binding code could be had',
  menu_sub: '{0}, has a submenu', browser: 'Web page', page_elsewhere: 'Open in a new tab',
  err_not_following: 'Follow the account first.', err_gone: 'This message or button has changed.', err_no_code: 'There is no readable QR code in the picture.', err_pay_unknown: 'WeChat Pay does not know this code.',
  err_pay_expired: 'The time to pay is over.', err_pay_closed: 'The order is closed and cannot be paid.', err_pay_paid: 'The order has been paid already.', err_pay_other: 'Only the WeChat account that booked can pay.',
  err_pay_refused: 'The payment parameters are not right.', err_past: 'The clock only goes forward.', err_too_far: '31 days at most at a time.', err_moving: 'The clock is being moved.', err_no_visit: 'No visit is booked yet.',
  err_jobs_failed: "A job failed; see the program's log.", err_failed: 'That did not work. Please try again.', err_network: 'The demo cannot be reached.',
};

const all = {zh, en};
const listeners = [];
let lang = asked() || stored() || ((navigator.language || '').toLowerCase().startsWith('zh') ? 'zh' : 'en');

// asked is the language that the page's address asks for: /?lang=en.
function asked() {
  const wanted = new URLSearchParams(location.search).get('lang');
  return wanted === 'zh' || wanted === 'en' ? wanted : '';
}

function stored() {
  try {
    const known = localStorage.getItem('guahao-demo-lang');
    return known === 'zh' || known === 'en' ? known : '';
  } catch (e) {
    return '';
  }
}

export const language = () => lang;

// t gives a sentence in the page's language, with {0} filled in.
export function t(key, ...args) {
  const text = all[lang][key] ?? key;
  return text.replace(/\{(\d)\}/g, (whole, n) => args[n] ?? whole);
}

// has tells whether there is such a sentence.
export const has = (key) => key in all[lang];

// translate fills every element below root that names its words.
export function translate(root) {
  for (const e of root.querySelectorAll('[data-t]')) e.textContent = t(e.dataset.t);
  for (const e of root.querySelectorAll('[data-label]')) e.setAttribute('aria-label', t(e.dataset.label));
}

// onLanguage calls fn now and whenever the language changes.
export function onLanguage(fn) {
  listeners.push(fn);
  fn();
}

export function setLanguage(to) {
  lang = to;
  try { localStorage.setItem('guahao-demo-lang', to); } catch (e) { /* private mode */ }
  for (const fn of listeners) fn();
}
