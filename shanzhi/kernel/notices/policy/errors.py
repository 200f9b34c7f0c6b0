"""What a code of a failed or empty delivery says to a keeper: what happened, and what to do."""

from shanzhi.core.text import msg

_SENTENCES = {
    "smtp-auth": msg("邮件服务器不接受用户名或密码。请核对设置。"),
    "smtp-tls": msg("邮件服务器的证书不可信。请换证书，或在设置里写明信任的证书。"),
    "smtp-no-tls-or-auth": msg("邮件服务器不支持加密或登录。请核对设置。"),
    "smtp-too-slow": msg("邮件服务器没有按时应答。"),
    "smtp-unreachable": msg("连不上邮件服务器。请核对地址和网络。"),
    "sms-failed": msg("短信平台没有接收。"),
    "sms-off": msg("没有开通短信。"),
    "outbound-refused": msg("这个地址不允许访问。请核对网址和允许名单。"),
    "outbound-unreachable": msg("连不上对方服务器，或者证书不可信。"),
    "outbound-too-slow": msg("对方服务器没有按时应答。"),
    "outbound-too-large": msg("对方服务器的应答太大。"),
    "no-mailbox": msg("单位没有登记值班邮箱。"),
    "no-subscription": msg("订阅已经停用。"),
    "no-phone": msg("没有留电话，或者已经删除。"),
    "no-mobile": msg("留的不是手机号，收不了短信。"),
}
_FAMILIES = {
    "smtp-4": msg("邮件服务器暂时不收（%(status)s）。"),
    "smtp-5": msg("邮件服务器拒收（%(status)s）。请核对邮箱。"),
    "http-": msg("对方服务器答复 %(status)s，没有接收。"),
}


def error_said(code: str) -> tuple[str, dict[str, str]]:
    """A code's sentence (a message id) and its values; the code itself where a newer program wrote it."""
    if code in _SENTENCES or not code:
        return _SENTENCES.get(code, ""), {}
    for prefix, sentence in _FAMILIES.items():
        if code.startswith(prefix):
            return sentence, {"status": code.partition("-")[2]}
    return code, {}
