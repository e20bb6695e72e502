"""What several exercises of chapter 10 use."""

SELECTS, A, FINISH = '"select"](u.transpose', '-torch.exp(w["A_log"])', 'parts["skip_and_gate"](y, u, w["D"], z)'
