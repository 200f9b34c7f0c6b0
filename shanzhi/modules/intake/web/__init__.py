"""Pages and programs' addresses of the residents' doors."""
