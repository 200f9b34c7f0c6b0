"""Creation drives (平安创建): checklists, applications, visits, titles of places."""
