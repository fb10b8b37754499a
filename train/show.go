package train

func (t *trainer) page(l *look, ended string) error { return nil }
