module requin

go 1.26.8
