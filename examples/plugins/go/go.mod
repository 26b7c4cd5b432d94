module example.com/pacto-plugin-card

go 1.19
