using Grid.Abstractions;

namespace Grid.Storage.Lake.Tables;

/// <summary>Which Grid table a lake table is the history of. The id decides: a path may be given again, an id is not.</summary>
internal sealed record LakeTableIdentity(TableId Table, TablePath Path);
