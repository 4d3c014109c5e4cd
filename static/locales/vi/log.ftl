# Các dòng nhật ký. Tên trong datasheet giữ nguyên.
log-key = { $byte } đến COM1
log-held = không có SMI#: { $source } bị chặn
log-asserted = SMI# được phát
log-released = SMI# được nhả
log-latched = SMI được chốt cho đến RSM
log-taken = nhận SMI; OS sẽ chạy tiếp tại { $rip }
log-saving = CPU0 lưu trạng thái
log-entered = vào SMM tại { $entry }, SMI_COUNT = { $count }
log-saved = { $field } đã lưu ← { $value }
log-restoring = CPU0 nạp lại trạng thái
log-left = trở về OS tại { $rip }
log-denied-read = SMRAM tại { $addr }: đọc ra toàn bit 1
log-denied-write = SMRAM tại { $addr }: lệnh ghi bị bỏ
log-exception = ngoại lệ { $vector }
log-exception-error = ngoại lệ { $vector }, mã lỗi { $error }
log-interrupt = ngắt { $vector }
log-halt = HLT: dừng
log-wake = được đánh thức bởi { $by }
log-shutdown = shutdown: { $why }
log-rsm-outside = RSM ngoài SMM
log-reset = reset
log-exit = máy khách kết thúc, giá trị { $value }
log-dropped = mất { $count } sự kiện trước dòng này
log-asleep = máy ngủ: { $state }
