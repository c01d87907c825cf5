// Three Grid nodes on virtual machines, one in each zone, with a disk each and a storage account for what they share. No keys: the machines' identity reads and writes the container.
//   az group create --name grid --location westeurope
//   az deployment group create --resource-group grid --template-file docs/deploy/azure/grid.bicep --parameters image=REGISTRY/grid:1 sshKey="$(cat ~/.ssh/id_ed25519.pub)"

@description('The image made from docs/deploy/Dockerfile, where the machines can pull it.')
param image string

@description('The public SSH key of whoever maintains the machines.')
param sshKey string

@description('The account that the key opens.')
param admin string = 'grid'

param location string = resourceGroup().location
param size string = 'Standard_D4ds_v5'

@description('GiB of each data disk.')
param diskGiB int = 256

@description('The node of index i has the address subnet + 10 + i.')
param subnet string = '10.20.0.0/24'

var nodes = ['grid-1', 'grid-2', 'grid-3']
var container = 'grid'
var blobDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'grid'
  location: location
}

// Three copies in three zones: the object store must not be what is lost with a zone.
resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'grid${uniqueString(resourceGroup().id)}'
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    // Versions are the backup of the records and the catalog; see docs/operations.md.
    isVersioningEnabled: true
    deleteRetentionPolicy: { enabled: true, days: 14 }
  }
}

resource store 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: container
}

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: store
  name: guid(store.id, identity.id, blobDataContributor)
  properties: {
    roleDefinitionId: blobDataContributor
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

// Silo, gateway and data port within the network; nothing from outside.
resource firewall 'Microsoft.Network/networkSecurityGroups@2024-01-01' = {
  name: 'grid'
  location: location
  properties: {
    securityRules: [
      {
        name: 'grid'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: subnet
          destinationPortRanges: ['11111', '30000', '30001']
        }
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2024-01-01' = {
  name: 'grid'
  location: location
  properties: {
    addressSpace: { addressPrefixes: [subnet] }
    subnets: [
      {
        name: 'nodes'
        properties: {
          addressPrefix: subnet
          networkSecurityGroup: { id: firewall.id }
        }
      }
    ]
  }
}

resource cards 'Microsoft.Network/networkInterfaces@2024-01-01' = [
  for (node, i) in nodes: {
    name: node
    location: location
    properties: {
      enableAcceleratedNetworking: true
      ipConfigurations: [
        {
          name: 'node'
          properties: {
            subnet: { id: network.properties.subnets[0].id }
            privateIPAllocationMethod: 'Static'
            privateIPAddress: cidrHost(subnet, 9 + i)
          }
        }
      ]
    }
  }
]

// The disk is a resource of its own: it outlives the machine, and a new machine of the same name takes it.
resource disks 'Microsoft.Compute/disks@2023-10-02' = [
  for (node, i) in nodes: {
    name: '${node}-data'
    location: location
    zones: [string(i + 1)]
    sku: { name: 'Premium_LRS' }
    properties: {
      creationData: { createOption: 'Empty' }
      diskSizeGB: diskGiB
    }
  }
]

resource machines 'Microsoft.Compute/virtualMachines@2024-03-01' = [
  for (node, i) in nodes: {
    name: node
    location: location
    zones: [string(i + 1)]
    identity: {
      type: 'UserAssigned'
      userAssignedIdentities: { '${identity.id}': {} }
    }
    properties: {
      hardwareProfile: { vmSize: size }
      storageProfile: {
        imageReference: { publisher: 'Canonical', offer: 'ubuntu-24_04-lts', sku: 'server', version: 'latest' }
        osDisk: { createOption: 'FromImage', managedDisk: { storageAccountType: 'Premium_LRS' } }
        dataDisks: [
          // No cache: what Grid flushes must be on the disk.
          { lun: 0, createOption: 'Attach', caching: 'None', deleteOption: 'Detach', managedDisk: { id: disks[i].id } }
        ]
      }
      networkProfile: { networkInterfaces: [{ id: cards[i].id }] }
      osProfile: {
        computerName: node
        adminUsername: admin
        linuxConfiguration: {
          disablePasswordAuthentication: true
          ssh: { publicKeys: [{ path: '/home/${admin}/.ssh/authorized_keys', keyData: sshKey }] }
        }
        customData: base64(reduce(
          [
            { name: 'IMAGE', value: image }
            { name: 'NODE', value: node }
            { name: 'ZONE', value: '${location}-${i + 1}' }
            { name: 'ADDRESS', value: cidrHost(subnet, 9 + i) }
            { name: 'LOCATION', value: 'azure:${account.properties.primaryEndpoints.blob}${container}' }
            { name: 'CLIENT', value: identity.properties.clientId }
          ],
          loadTextContent('cloud-init.yaml'),
          (text, setting) => replace(text, '{${setting.name}}', setting.value)
        ))
      }
    }
  }
]

output endpoints string = join(map(range(0, length(nodes)), i => '${cidrHost(subnet, 9 + i)}:30000'), ',')
